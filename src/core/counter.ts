import { InvalidValueError } from './errors.js';
import { Child, Family } from './family.js';
import { scalarSnapshot, type FamilySnapshot } from './family-snapshot.js';
import type { LabelValues, WithoutLabels } from './labels.js';

/** One series of a {@link Counter}. */
export class CounterChild extends Child {
  private current = 0;

  constructor(
    private readonly family: Counter,
    labelRow: readonly string[],
  ) {
    super(labelRow);
  }

  /**
   * Adds `value`.
   *
   * @defaultValue `1`
   * @throws {@link InvalidValueError} unless `value` is a finite number of at least 0.
   */
  inc(value = 1): void {
    if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
      throw new InvalidValueError(
        `Counter "${this.family.definition.name}" cannot be increased by ${String(value)}. ` +
          'Counters take finite numbers of at least 0; use a gauge for what can fall.',
      );
    }
    if (this.detached) {
      this.family.childOfRow(this.labelRow).inc(value);
      return;
    }
    this.current += value;
  }

  /** The count so far. */
  get value(): number {
    return this.detached ? (this.family.peek(this.labelRow)?.value ?? 0) : this.current;
  }

  override zero(): void {
    this.current = 0;
  }
}

/** A number that only rises (and starts again at 0 with the process). */
export class Counter<Label extends string = string> extends Family<CounterChild, Label> {
  /**
   * Adds to an unlabelled counter, or to the series that `labels` names.
   *
   * @throws {@link InvalidValueError} unless the value is a finite number of at least 0.
   * @throws {@link InvalidLabelsError} when the labels do not fit.
   */
  inc(labels: LabelValues<Label>, value?: number): void;
  inc(this: WithoutLabels<Label, Counter<Label>>, value?: number): void;
  inc(first?: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      this.child(first).inc(value);
    } else {
      this.onlyChild().inc(first);
    }
  }

  /** The count of an unlabelled counter; read one series of a labelled one with `labels(...).value`. */
  get value(): number {
    return this.onlyChild().value;
  }

  override snapshot(): FamilySnapshot {
    return scalarSnapshot(this.definition, this.children());
  }

  protected override createChild(labelRow: readonly string[]): CounterChild {
    return new CounterChild(this, labelRow);
  }
}
