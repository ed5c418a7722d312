import { InvalidValueError } from '../errors.js';
import { Cells } from './cells.js';
import { Child, Family, type Named, type StopTimer } from './family.js';
import type { FamilyDefinition } from '../family-definition.js';
import type { FamilySnapshot } from '../family-snapshot.js';
import type { LabelValues, WithoutLabels } from './labels.js';
import type { SeriesLimit } from './series-limit.js';
import { startStopwatch } from '../tool/stopwatch.js';

function assertNumber(family: Named, value: number): void {
  if (typeof value !== 'number') {
    throw new InvalidValueError(
      `Gauge "${family.definition.name}" takes numbers; got ${String(value)} (${typeof value}).`,
    );
  }
}

/** One series of a {@link Gauge}. */
export class GaugeChild extends Child {
  constructor(
    protected readonly family: Gauge,
    labelRow: readonly string[],
    offset: number,
  ) {
    super(labelRow, offset);
  }

  /** @throws {@link InvalidValueError} unless `value` is a number; `NaN` and infinities are allowed. */
  set(value: number): void {
    assertNumber(this.family, value);
    if (this.detached) {
      this.family.childOfRow(this.labelRow).set(value);
      return;
    }
    this.family.cells.values[this.offset] = value;
  }

  /** @defaultValue `1` */
  inc(value = 1): void {
    assertNumber(this.family, value);
    if (this.detached) {
      this.family.childOfRow(this.labelRow).inc(value);
      return;
    }
    (this.family.cells.values[this.offset] as number) += value;
  }

  /** @defaultValue `1` */
  dec(value = 1): void {
    assertNumber(this.family, value);
    this.inc(-value);
  }

  /** Sets the gauge to the current Unix time in seconds. */
  setToCurrentTime(): void {
    this.set(Date.now() / 1000);
  }

  /** Returns a function that sets the gauge to the seconds since this call and returns them. */
  startTimer(): () => number {
    const elapsedSeconds = startStopwatch();
    return () => {
      const seconds = elapsedSeconds();
      this.set(seconds);
      return seconds;
    };
  }

  get value(): number {
    return this.detached
      ? (this.family.peek(this.labelRow)?.value ?? 0)
      : (this.family.cells.values[this.offset] as number);
  }
}

class OverflowGaugeChild extends GaugeChild {
  override set(value: number): void {
    super.set(value);
    this.family.limit?.onOverflow();
  }

  override inc(value?: number): void {
    super.inc(value);
    this.family.limit?.onOverflow();
  }
}

/** A number that can rise and fall. */
export class Gauge<Label extends string = string> extends Family<GaugeChild, Label> {
  /** @throws {@link InvalidDefinitionError} when the family cannot be exported. */
  constructor(definition: FamilyDefinition<Label>, limit?: SeriesLimit) {
    super(definition, new Cells(1), limit);
  }

  /**
   * Sets an unlabelled gauge, or the series of `labels`.
   *
   * @throws {@link InvalidValueError} unless the value is a number.
   * @throws {@link InvalidLabelsError} when the labels do not match the family.
   */
  set(labels: LabelValues<Label>, value: number): void;
  set(this: WithoutLabels<Label>, value: number): void;
  set(first: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      assertNumber(this, value as number);
      this.child(first).set(value as number);
    } else {
      this.onlyChild().set(first);
    }
  }

  /** Adds to the gauge, 1 by default. */
  inc(labels: LabelValues<Label>, value?: number): void;
  inc(this: WithoutLabels<Label>, value?: number): void;
  inc(first?: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      assertNumber(this, value ?? 1);
      this.child(first).inc(value);
    } else {
      this.onlyChild().inc(first);
    }
  }

  /** Subtracts from the gauge, 1 by default. */
  dec(labels: LabelValues<Label>, value?: number): void;
  dec(this: WithoutLabels<Label>, value?: number): void;
  dec(first?: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      assertNumber(this, value ?? 1);
      this.child(first).dec(value);
    } else {
      this.onlyChild().dec(first);
    }
  }

  /** Sets the gauge to the current Unix time in seconds. */
  setToCurrentTime(labels?: LabelValues<Label>): void {
    this.childFor(labels).setToCurrentTime();
  }

  /**
   * Returns a function that sets the gauge to the seconds since this call and returns them. Pass labels that are known only at the
   * end to that function.
   */
  startTimer(labels?: LabelValues<Label>): StopTimer<Label> {
    return this.startStopwatch(labels, (child, seconds) => child.set(seconds));
  }

  /** The value of a gauge without labels. `NaN` with labels: read a series by `labels(...).value`. */
  get value(): number {
    return this.isLabelled ? Number.NaN : this.onlyChild().value;
  }

  override snapshot(): FamilySnapshot {
    return this.columns();
  }

  protected override createChild(labelRow: readonly string[], offset: number): GaugeChild {
    return new GaugeChild(this, labelRow, offset);
  }

  protected override createOverflowChild(labelRow: readonly string[], offset: number): GaugeChild {
    return new OverflowGaugeChild(this, labelRow, offset);
  }
}
