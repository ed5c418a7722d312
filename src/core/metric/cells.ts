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
  /** When each series began at 0, by its position. */
  private created: Float64Array | undefined;

  /** @param hasCreated - whether the times are kept at which series began at 0 */
  constructor(
    protected readonly width: number,
    hasCreated = false,
  ) {
    this.values = new Float64Array(width);
    this.created = hasCreated ? new Float64Array(1) : undefined;
  }

  /** Returns the offset of a new series, whose numbers are 0. */
  allocate(): number {
    const offset = this.free.pop() ?? this.allocateLast();
    this.begin(offset);
    return offset;
  }

  release(offset: number): void {
    this.shuffled = true;
    this.zero(offset);
    this.free.push(offset);
  }

  zero(offset: number): void {
    this.begin(offset);
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
    this.created &&= new Float64Array(1);
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

  /** Returns the times in Unix seconds at which these series began at 0; `undefined` when they are not kept. */
  copyCreated(series: readonly { readonly offset: number }[]): Float64Array | undefined {
    const { created, width } = this;
    if (created === undefined || !this.shuffled) {
      return created?.slice(0, series.length);
    }
    return Float64Array.from(series, ({ offset }) => created[offset / width] as number);
  }

  private allocateLast(): number {
    const offset = this.used;
    this.used += this.width;
    if (this.used > this.values.length) {
      const capacity = Math.ceil((offset / this.width) * GROWTH);
      this.values = enlarged(this.values, capacity * this.width);
      this.created &&= enlarged(this.created, capacity);
    }
    return offset;
  }

  private begin(offset: number): void {
    if (this.created !== undefined) {
      this.created[offset / this.width] = Date.now() / MS_PER_SECOND;
    }
  }
}

const MS_PER_SECOND = 1000;

function enlarged(values: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length);
  larger.set(values);
  return larger;
}
