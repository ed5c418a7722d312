import type { Exemplar, LegalExemplarLabels } from '../exemplar.js';

/** The least age of an exemplar that {@link Cells.offerExemplar} replaces: more of them would be lost between two scrapes. */
const EXEMPLAR_SECONDS = 1;

/** Growth by a quarter copies each number a few times and leaves at most a fifth of the array unused. */
const GROWTH = 1.25;

/** The numbers of all series of a family in one array, `width` for each series, so that a snapshot is one copy. */
export class Cells {
  /** Growth and `clear()` replace it: do not keep a reference. */
  values: Float64Array;
  private readonly free: number[] = [];
  private used = 0;
  /** Whether offsets were released, so that their order may differ from the order of the series. */
  private shuffled = false;
  /** The latest exemplar of each number that has one. */
  private readonly exemplars = new Map<number, Exemplar>();

  constructor(private readonly width: number) {
    this.values = new Float64Array(width);
  }

  /** Returns the offset of a new series, whose numbers are 0. */
  allocate(): number {
    const reused = this.free.pop();
    if (reused !== undefined) {
      return reused;
    }
    const offset = this.used;
    this.used += this.width;
    if (this.used > this.values.length) {
      const larger = new Float64Array(Math.ceil((offset / this.width) * GROWTH) * this.width);
      larger.set(this.values);
      this.values = larger;
    }
    return offset;
  }

  release(offset: number): void {
    this.shuffled = true;
    this.zero(offset);
    this.free.push(offset);
  }

  zero(offset: number): void {
    this.values.fill(0, offset, offset + this.width);
    if (this.exemplars.size > 0) {
      for (let cell = offset; cell < offset + this.width; cell += 1) {
        this.exemplars.delete(cell);
      }
    }
  }

  setExemplar(cell: number, exemplar: Exemplar | undefined): void {
    if (exemplar !== undefined) {
      this.exemplars.set(cell, exemplar);
    }
  }

  /** Sets the exemplar of a number unless it has one of the last second. */
  offerExemplar(cell: number, labels: LegalExemplarLabels, value: number): void {
    const timestampSeconds = Date.now() / 1000;
    const age = timestampSeconds - (this.exemplars.get(cell)?.timestampSeconds ?? -Infinity);
    // Negative after the clock was set back.
    if (age >= EXEMPLAR_SECONDS || age < 0) {
      this.exemplars.set(cell, { labels, value, timestampSeconds });
    }
  }

  /** Releases every offset and the memory. */
  clear(): void {
    this.values = new Float64Array(this.width);
    this.free.length = 0;
    this.used = 0;
    this.shuffled = false;
    this.exemplars.clear();
  }

  /** Returns a copy of the numbers of these series, in their order. */
  copy(series: readonly { readonly offset: number }[]): Float64Array {
    if (!this.shuffled) {
      return this.values.slice(0, series.length * this.width);
    }
    const copy = new Float64Array(series.length * this.width);
    series.forEach(({ offset }, row) => {
      copy.set(this.values.subarray(offset, offset + this.width), row * this.width);
    });
    return copy;
  }

  /**
   * Returns the exemplars of these series by the index of their number, not counting the first `skipped` numbers of each series;
   * `undefined` when there are no exemplars.
   */
  copyExemplars(
    series: readonly { readonly offset: number }[],
    skipped = 0,
  ): ReadonlyMap<number, Exemplar> | undefined {
    if (this.exemplars.size === 0) {
      return undefined;
    }
    const width = this.width - skipped;
    const copy = new Map<number, Exemplar>();
    series.forEach(({ offset }, row) => {
      for (let column = 0; column < width; column += 1) {
        const exemplar = this.exemplars.get(offset + skipped + column);
        if (exemplar !== undefined) {
          copy.set(row * width + column, exemplar);
        }
      }
    });
    return copy;
  }
}
