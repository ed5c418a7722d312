import { InvalidValueError } from './errors.js';
import { Child, Family } from './family.js';
import type { FamilyDefinition } from './family-definition.js';
import type { FamilySnapshot } from './family-snapshot.js';
import type { LabelsByName, LabelValues, WithoutLabels } from './labels.js';
import { startStopwatch } from './stopwatch.js';

/** One series of a {@link Histogram}. */
export class HistogramChild extends Child {
  /** Observations per bucket, not cumulative, the last for `+Inf`. @internal */
  readonly bucketCounts: Float64Array;
  private currentSum = 0;

  constructor(
    private readonly family: Histogram,
    labelRow: readonly string[],
  ) {
    super(labelRow);
    this.bucketCounts = new Float64Array(family.upperBounds.length + 1);
  }

  /** @throws {@link InvalidValueError} unless `value` is a finite number. */
  observe(value: number): void {
    if (!Number.isFinite(value)) {
      throw new InvalidValueError(
        `Histogram "${this.family.definition.name}" takes finite numbers and got ${String(value)}.`,
      );
    }
    if (this.detached) {
      this.family.childOfRow(this.labelRow).observe(value);
      return;
    }
    const { upperBounds } = this.family;
    let bucket = 0;
    while (bucket < upperBounds.length && value > (upperBounds[bucket] as number)) {
      bucket += 1;
    }
    (this.bucketCounts[bucket] as number) += 1;
    this.currentSum += value;
  }

  /** Observes the seconds until the returned function is called, which also returns them. */
  startTimer(): () => number {
    const elapsedSeconds = startStopwatch();
    return () => {
      const seconds = elapsedSeconds();
      this.observe(seconds);
      return seconds;
    };
  }

  /** Sum of all observations. */
  get sum(): number {
    return this.detached ? (this.family.peek(this.labelRow)?.sum ?? 0) : this.currentSum;
  }

  /** Number of observations. */
  get count(): number {
    return this.detached
      ? (this.family.peek(this.labelRow)?.count ?? 0)
      : this.bucketCounts.reduce((total, count) => total + count, 0);
  }

  override zero(): void {
    this.bucketCounts.fill(0);
    this.currentSum = 0;
  }
}

/** Declared as a method, so that a histogram of certain labels can stand for one of any. */
interface Timer<Label extends string> {
  stop(labels?: LabelsByName<Label>): number;
}

/** Ends a measurement: observes the seconds since its start, and returns them. */
export type StopTimer<Label extends string = string> = Timer<Label>['stop'];

/** Counts observations in buckets, and their sum. */
export class Histogram<Label extends string = string> extends Family<HistogramChild, Label> {
  /** Upper bounds of the buckets, without `+Inf`. */
  readonly upperBounds: readonly number[];

  constructor(definition: FamilyDefinition<Label>) {
    super(definition);
    this.upperBounds = this.definition.buckets as readonly number[];
  }

  /**
   * Observes a value on an unlabelled histogram, or on the series that `labels` names.
   *
   * @throws {@link InvalidValueError} unless the value is a finite number.
   * @throws {@link InvalidLabelsError} when the labels do not fit.
   */
  observe(labels: LabelValues<Label>, value: number): void;
  observe(this: WithoutLabels<Label, Histogram<Label>>, value: number): void;
  observe(first: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      this.child(first).observe(value as number);
    } else {
      this.onlyChild().observe(first);
    }
  }

  /**
   * Observes the seconds until the returned function is called, which also returns them. Labels that are known
   * only at the end can be given there.
   */
  startTimer(labels?: LabelsByName<Label>): StopTimer<Label> {
    const elapsedSeconds = startStopwatch();
    return (endLabels) => {
      const seconds = elapsedSeconds();
      const child =
        labels === undefined && endLabels === undefined
          ? this.onlyChild()
          : this.child({ ...labels, ...endLabels } as LabelValues<Label>);
      child.observe(seconds);
      return seconds;
    };
  }

  override snapshot(): FamilySnapshot {
    const children = this.children();
    const width = this.upperBounds.length + 1;
    const values = new Float64Array(children.length * width);
    children.forEach((child, row) => values.set(child.bucketCounts, row * width));
    return {
      descriptor: this.definition,
      labelRows: children.map((child) => child.labelRow),
      values,
      sums: Float64Array.from(children, (child) => child.sum),
    };
  }

  protected override createChild(labelRow: readonly string[]): HistogramChild {
    return new HistogramChild(this, labelRow);
  }
}
