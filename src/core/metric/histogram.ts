import { InvalidValueError } from '../errors.js';
import { createExemplar, type ExemplarLabels, type LegalExemplarLabels } from '../exemplar.js';
import { Child, Family, type Named, type StopTimer } from './family.js';
import type { FamilyDefinition } from '../family-definition.js';
import type { FamilySnapshot } from '../family-snapshot.js';
import { HistogramCells } from './histogram-cells.js';
import type { LabelValues, WithoutLabels } from './labels.js';
import type { NativeBuckets, NativeLimits } from './native-buckets.js';
import type { SeriesLimit } from './series-limit.js';
import { startStopwatch } from '../tool/stopwatch.js';

function assertObservation(family: Named, value: number): void {
  if (!Number.isFinite(value)) {
    throw new InvalidValueError(
      `Histogram "${family.definition.name}" takes finite numbers; got ${String(value)}.`,
    );
  }
}

/** One series of a {@link Histogram}. */
export class HistogramChild extends Child {
  /** The native buckets of the series, if the family has them. */
  private readonly native: NativeBuckets | undefined;

  constructor(
    protected readonly family: Histogram,
    labelRow: readonly string[],
    offset: number,
  ) {
    super(labelRow, offset);
    this.native = family.cells.nativeAt(offset);
  }

  /**
   * @param exemplar - labels of the event, such as its trace. OpenMetrics exports the latest one of each bucket
   * @throws {@link InvalidValueError} unless `value` is a finite number.
   * @throws {@link InvalidLabelsError} on an exemplar of more than 128 characters; the value is observed nevertheless.
   */
  observe(value: number, exemplar?: ExemplarLabels): void {
    assertObservation(this.family, value);
    if (this.detached) {
      this.family.childOfRow(this.labelRow).observe(value, exemplar);
      return;
    }
    const { cells, upperBounds } = this.family;
    const { values } = cells;
    // A series has its sum, then a count for each bucket: not cumulative, the last for +Inf.
    const bucket = this.offset + 1 + bucketOf(upperBounds, value);
    (values[this.offset] as number) += value;
    (values[bucket] as number) += 1;
    this.native?.observe(value);
    if (exemplar !== undefined) {
      cells.setExemplar(bucket, createExemplar(exemplar, value));
    }
  }

  /** @internal Observes a value, with the trace that it belongs to as exemplar at most once per bucket and second. */
  observeTraced(value: number, trace: LegalExemplarLabels | undefined): void {
    if (this.detached) {
      this.family.childOfRow(this.labelRow).observeTraced(value, trace);
      return;
    }
    this.observe(value);
    if (trace !== undefined) {
      const { cells, upperBounds } = this.family;
      cells.offerExemplar(this.offset + 1 + bucketOf(upperBounds, value), trace, value);
    }
  }

  /** Returns a function that observes the seconds since this call and returns them. */
  startTimer(): () => number {
    const elapsedSeconds = startStopwatch();
    return () => {
      const seconds = elapsedSeconds();
      this.observe(seconds);
      return seconds;
    };
  }

  /** The sum of all observations. */
  get sum(): number {
    return this.detached
      ? (this.family.peek(this.labelRow)?.sum ?? 0)
      : (this.family.cells.values[this.offset] as number);
  }

  /** The number of observations. */
  get count(): number {
    return this.detached
      ? (this.family.peek(this.labelRow)?.count ?? 0)
      : this.family.cells.values
          .subarray(this.offset + 1, this.offset + 2 + this.family.upperBounds.length)
          .reduce((total, count) => total + count, 0);
  }
}

class OverflowHistogramChild extends HistogramChild {
  override observe(value: number, exemplar?: ExemplarLabels): void {
    super.observe(value, exemplar);
    this.family.limit?.onOverflow();
  }
}

/** Longer lists are searched by halves first. */
const LINEAR_LENGTH = 16;

/** Returns the index of the first bound that is not below the value; the number of bounds when all are below. */
function bucketOf(upperBounds: readonly number[], value: number): number {
  let bucket = 0;
  let end = upperBounds.length;
  while (end - bucket > LINEAR_LENGTH) {
    const middle = (bucket + end) >>> 1;
    if (value > (upperBounds[middle] as number)) {
      bucket = middle + 1;
    } else {
      end = middle;
    }
  }
  while (bucket < end && value > (upperBounds[bucket] as number)) {
    bucket += 1;
  }
  return bucket;
}

/** Counts observations in buckets and adds them up. */
export class Histogram<Label extends string = string> extends Family<HistogramChild, Label> {
  /** Upper bounds of the buckets, without `+Inf`. */
  readonly upperBounds: readonly number[];
  /** @internal */
  declare readonly cells: HistogramCells;

  /** @param nativeLimits - for native buckets, if the definition asks for them */
  constructor(definition: FamilyDefinition<Label>, limit?: SeriesLimit, nativeLimits?: NativeLimits) {
    const classicBuckets = (definition.buckets?.length ?? 0) + 1;
    super(
      definition,
      new HistogramCells(classicBuckets, definition.native ? nativeLimits : undefined),
      limit,
    );
    this.upperBounds = this.definition.buckets as readonly number[];
  }

  /**
   * Observes a value on an unlabelled histogram, or on the series of `labels`.
   *
   * @throws {@link InvalidValueError} unless the value is a finite number.
   * @throws {@link InvalidLabelsError} when the labels do not match the family.
   */
  observe(labels: LabelValues<Label>, value: number): void;
  observe(this: WithoutLabels<Label>, value: number): void;
  observe(first: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      // Before a series is created for it.
      assertObservation(this, value as number);
      this.child(first).observe(value as number);
    } else {
      this.onlyChild().observe(first);
    }
  }

  /**
   * Returns a function that observes the seconds since this call and returns them. Pass labels that are known only at the end to
   * that function.
   */
  startTimer(labels?: LabelValues<Label>): StopTimer<Label> {
    return this.startStopwatch(labels, (child, seconds) => child.observe(seconds));
  }

  /** The sum of all observations of a histogram without labels. `NaN` with labels: read `labels(...).sum`. */
  get sum(): number {
    return this.isLabelled ? Number.NaN : this.onlyChild().sum;
  }

  /** The number of observations of a histogram without labels. `NaN` with labels: read `labels(...).count`. */
  get count(): number {
    return this.isLabelled ? Number.NaN : this.onlyChild().count;
  }

  /** Creates a series without observations, or removes the observations of a series. */
  zero(labels?: LabelValues<Label>): void {
    const child = this.childFor(labels);
    // Other label values share the overflow series.
    if (!(child instanceof OverflowHistogramChild)) {
      this.cells.zero(child.offset);
    }
  }

  override snapshot(): FamilySnapshot {
    const children = this.children();
    const width = this.upperBounds.length + 1;
    const copy = this.cells.copy(children);
    const values = new Float64Array(children.length * width);
    const sums = new Float64Array(children.length);
    for (let row = 0; row < children.length; row += 1) {
      const offset = row * (width + 1);
      sums[row] = copy[offset] as number;
      for (let bucket = 0; bucket < width; bucket += 1) {
        values[row * width + bucket] = copy[offset + 1 + bucket] as number;
      }
    }
    const native = this.cells.copyNative(children);
    const created = this.cells.copyCreated(children);
    return {
      descriptor: this.definition,
      labelRows: children.map(({ labelRow }) => labelRow),
      values,
      sums,
      exemplars: this.cells.copyExemplars(children, 1),
      ...(created && { created }),
      ...(native && { native }),
    };
  }

  protected override createChild(labelRow: readonly string[], offset: number): HistogramChild {
    return new HistogramChild(this, labelRow, offset);
  }

  protected override createOverflowChild(labelRow: readonly string[], offset: number): HistogramChild {
    return new OverflowHistogramChild(this, labelRow, offset);
  }
}
