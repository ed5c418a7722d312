import { InvalidValueError } from '../errors.js';
import { createExemplar, type ExemplarLabels, type LegalExemplarLabels } from '../exemplar.js';
import { Cells } from './cells.js';
import { Child, Family, type Named } from './family.js';
import type { FamilyDefinition } from '../family-definition.js';
import type { FamilySnapshot } from '../family-snapshot.js';
import type { LabelValues, WithoutLabels } from './labels.js';
import type { SeriesLimit } from './series-limit.js';

function assertIncrement(family: Named, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new InvalidValueError(
      `Counter "${family.definition.name}" cannot be increased by ${String(value)}. ` +
        'Counters take finite numbers of at least 0; use a gauge for a value that can fall.',
    );
  }
}

/** One series of a {@link Counter}. */
export class CounterChild extends Child {
  constructor(
    protected readonly family: Counter,
    labelRow: readonly string[],
    offset: number,
  ) {
    super(labelRow, offset);
  }

  /**
   * Adds `value`.
   *
   * @param exemplar - labels of the event, such as its trace. OpenMetrics exports the latest one
   * @defaultValue `1`
   * @throws {@link InvalidValueError} unless `value` is a finite number of at least 0.
   * @throws {@link InvalidLabelsError} on an exemplar of more than 128 characters; the value is added nevertheless.
   */
  inc(value = 1, exemplar?: ExemplarLabels): void {
    assertIncrement(this.family, value);
    if (this.detached) {
      this.family.childOfRow(this.labelRow).inc(value, exemplar);
      return;
    }
    (this.family.cells.values[this.offset] as number) += value;
    if (exemplar !== undefined) {
      this.family.cells.setExemplar(this.offset, createExemplar(exemplar, value));
    }
  }

  /** @internal Adds 1, with the trace that it belongs to as exemplar at most once a second. */
  incTraced(trace: LegalExemplarLabels | undefined): void {
    if (this.detached) {
      this.family.childOfRow(this.labelRow).incTraced(trace);
      return;
    }
    this.inc();
    if (trace !== undefined) {
      this.family.cells.offerExemplar(this.offset, trace, 1);
    }
  }

  /** The present count. */
  get value(): number {
    return this.detached
      ? (this.family.peek(this.labelRow)?.value ?? 0)
      : (this.family.cells.values[this.offset] as number);
  }
}

class OverflowCounterChild extends CounterChild {
  override inc(value?: number, exemplar?: ExemplarLabels): void {
    super.inc(value, exemplar);
    this.family.limit?.onOverflow();
  }
}

/** A number that only rises. It starts at 0 with each process. */
export class Counter<Label extends string = string> extends Family<CounterChild, Label> {
  /** @throws {@link InvalidDefinitionError} when the family cannot be exported. */
  constructor(definition: FamilyDefinition<Label>, limit?: SeriesLimit) {
    super(definition, new Cells(1, true), limit);
  }

  /**
   * Adds 1, or `value`, to an unlabelled counter or to the series of `labels`.
   *
   * @throws {@link InvalidValueError} unless the value is a finite number of at least 0.
   * @throws {@link InvalidLabelsError} when the labels do not match the family.
   */
  inc(labels: LabelValues<Label>, value?: number): void;
  inc(this: WithoutLabels<Label>, value?: number): void;
  inc(first?: number | LabelValues<Label>, value?: number): void {
    if (typeof first === 'object') {
      const child = this.find(first);
      if (child === undefined) {
        // Before a series is created for it.
        assertIncrement(this, value ?? 1);
      }
      (child ?? this.child(first)).inc(value);
    } else {
      this.onlyChild().inc(first);
    }
  }

  /** The count of a counter without labels. `NaN` with labels: read a series by `labels(...).value`. */
  get value(): number {
    return this.isLabelled ? Number.NaN : this.onlyChild().value;
  }

  override snapshot(): FamilySnapshot {
    return this.columns();
  }

  protected override createChild(labelRow: readonly string[], offset: number): CounterChild {
    return new CounterChild(this, labelRow, offset);
  }

  protected override createOverflowChild(labelRow: readonly string[], offset: number): CounterChild {
    return new OverflowCounterChild(this, labelRow, offset);
  }
}
