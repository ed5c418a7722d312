import type { Cells } from './cells.js';
import { InvalidLabelsError } from '../errors.js';
import { assertDefinition, type FamilyDefinition } from '../family-definition.js';
import type { FamilySnapshot } from '../family-snapshot.js';
import { LabelIndex } from './label-index.js';
import { toLabelRow, type LabelsByName, type LabelValue, type LabelValues } from './labels.js';
import { LiveChildren } from './live-children.js';
import { OVERFLOW_LABEL_VALUE, type SeriesLimit } from './series-limit.js';
import { startStopwatch } from '../tool/stopwatch.js';

/**
 * One series of a family. Code that records often keeps its child.
 *
 * `remove()` and `reset()` of the family *detach* a child. A detached child records through the family: its series reappears with
 * the next sample.
 */
export abstract class Child {
  constructor(
    readonly labelRow: readonly string[],
    /** The offset of its numbers in the family's cells; below 0 when detached. @internal */
    public offset: number,
  ) {}

  /** @internal */
  get detached(): boolean {
    return this.offset < 0;
  }
}

/** Something whose name an error message reads when it is needed. */
export interface Named {
  readonly definition: { readonly name: string };
}

/** A method, so that a family of certain labels is assignable to a family of any labels. */
interface Timer<Label extends string> {
  stop(labels?: LabelsByName<Label>): number;
}

/** Ends a measurement: records the seconds since its start and returns them. */
export type StopTimer<Label extends string = string> = Timer<Label>['stop'];

/** One metric: its name, type, HELP text, label names and the children of its series. */
export abstract class Family<C extends Child, Label extends string = string> {
  /** A copy, because the caller's arrays may change. */
  readonly definition: FamilyDefinition<Label>;
  /** @internal The number of calls of {@link reset}: a value added before a reset must not be subtracted after it. */
  resets = 0;
  private readonly live = new LiveChildren<C>();
  private readonly index: LabelIndex<C>;
  protected readonly isLabelled: boolean;
  private only: C | undefined;
  /** The child for all samples past the limit, on the numbers of the overflow series. */
  private overflow: C | undefined;
  /** Whether the overflow series does not count towards the limit. */
  private overflowIsExtra = false;
  /** The number of series taken from the limit. */
  private taken = 0;

  /**
   * @param cells - the numbers of the series; empty
   * @param limit - `undefined` for families whose labels have few values
   * @throws {@link InvalidDefinitionError} when the family cannot be exported.
   */
  constructor(
    definition: FamilyDefinition<Label>,
    /** The numbers of all series. @internal */
    readonly cells: Cells,
    /** @internal */
    readonly limit: SeriesLimit | undefined,
  ) {
    assertDefinition(definition);
    const { labelNames, buckets } = definition;
    this.definition = {
      ...definition,
      labelNames: [...labelNames],
      ...(buckets && { buckets: [...buckets] }),
    };
    this.index = new LabelIndex(labelNames);
    this.isLabelled = labelNames.length > 0;
  }

  /**
   * Returns the child of one series, created at 0 when new. Takes label values in the declared order, or one object.
   *
   * @throws {@link InvalidLabelsError} on unknown names or the wrong number of values.
   */
  labels(...values: readonly LabelValue[]): C;
  labels(values: LabelValues<Label>): C;
  labels(...values: readonly (LabelValue | LabelValues<Label>)[]): C {
    const [first] = values;
    // Further values after an object match no family: the array of them is rejected.
    return this.child(
      typeof first === 'object' && values.length === 1 ? first : (values as readonly LabelValue[]),
    );
  }

  /** Removes one series. It reappears, starting at 0, with its next sample. */
  remove(...values: readonly LabelValue[]): void;
  remove(values: LabelValues<Label>): void;
  remove(...values: readonly (LabelValue | LabelValues<Label>)[]): void {
    const [first] = values;
    const child = this.peek(typeof first === 'object' ? first : (values as readonly LabelValue[]));
    if (child !== undefined) {
      const isOverflow = child.offset === this.overflow?.offset;
      this.index.delete(child);
      this.detach(child);
      this.live.remove();
      this.only = undefined;
      this.release(isOverflow && this.overflowIsExtra ? 0 : 1);
      if (isOverflow) {
        this.forgetOverflow();
      }
    }
  }

  /** Removes every series of a labelled family; sets the series of an unlabelled family to 0. */
  reset(): void {
    this.resets += 1;
    if (!this.isLabelled) {
      this.live.all().forEach((child) => this.cells.zero(child.offset));
      return;
    }
    this.live.all().forEach((child) => this.detach(child));
    this.live.clear();
    this.index.clear();
    this.cells.clear();
    this.release(this.taken);
    this.forgetOverflow();
  }

  /** Returns all series at this moment. */
  abstract snapshot(): FamilySnapshot;

  protected abstract createChild(labelRow: readonly string[], offset: number): C;

  /** As {@link createChild}; the child reports every sample to the limit. */
  protected abstract createOverflowChild(labelRow: readonly string[], offset: number): C;

  /** @internal */
  child(values: LabelValues<Label>): C {
    return this.find(values) ?? this.childOfRow(toLabelRow(this.definition, values));
  }

  /** @internal */
  childOfRow(row: readonly string[]): C {
    return this.find(row) ?? this.add(row);
  }

  /** @internal Returns the child of one series if it exists. */
  peek(values: LabelValues<Label>): C | undefined {
    return this.find(values) ?? this.find(toLabelRow(this.definition, values));
  }

  /** Returns the child of `labels`; without labels, the child of an unlabelled family. */
  protected childFor(labels: LabelValues<Label> | undefined): C {
    return labels === undefined ? this.onlyChild() : this.child(labels);
  }

  /** Returns the child of an unlabelled family. */
  protected onlyChild(): C {
    if (this.only !== undefined) {
      return this.only;
    }
    if (this.isLabelled) {
      throw new InvalidLabelsError(
        `Metric "${this.definition.name}" has the labels ${this.definition.labelNames.join(', ')}. Pass their values, ` +
          'or record on labels(...).',
      );
    }
    return this.childOfRow(NO_LABELS);
  }

  /** Returns the live list of children: do not keep it. */
  protected children(): readonly C[] {
    if (!this.isLabelled) {
      this.onlyChild();
    }
    return this.live.all();
  }

  /** Returns a function that records the seconds since now, to the series of the labels from start and end together. */
  protected startStopwatch(
    labels: LabelValues<Label> | undefined,
    record: (child: C, seconds: number) => void,
  ): StopTimer<Label> {
    const elapsedSeconds = startStopwatch();
    return (endLabels) => {
      const seconds = elapsedSeconds();
      record(this.childFor(endLabels === undefined ? labels : this.merge(labels, endLabels)), seconds);
      return seconds;
    };
  }

  private merge(labels: LabelValues<Label> = [], endLabels: LabelsByName<Label>): LabelValues<Label> {
    const { labelNames } = this.definition;
    const byName = Array.isArray(labels)
      ? Object.fromEntries(labels.map((value, index) => [labelNames[index], value]))
      : labels;
    return { ...byName, ...endLabels } as LabelValues<Label>;
  }

  /** Returns the snapshot of a family whose series have one number each. */
  protected columns(): FamilySnapshot {
    const children = this.children();
    const created = this.cells.copyCreated(children);
    return {
      descriptor: this.definition,
      labelRows: children.map(({ labelRow }) => labelRow),
      values: this.cells.copy(children),
      exemplars: this.cells.copyExemplars(children),
      ...(created && { created }),
    };
  }

  /** Finds a child by values that need no check. Other values are checked and looked up again by the caller. */
  protected find(values: LabelValues<Label>): C | undefined {
    if (!this.isLabelled) {
      return Array.isArray(values) && values.length === 0 ? this.only : undefined;
    }
    if (Array.isArray(values)) {
      return this.index.byPosition(values as readonly LabelValue[]);
    }
    return typeof values === 'object' && values !== null
      ? this.index.byName(values as Readonly<Record<string, LabelValue>>)
      : undefined;
  }

  private add(row: readonly string[]): C {
    if (row.length > 0 && this.limit !== undefined) {
      if (!this.limit.take(this.taken)) {
        return this.overflowChild();
      }
      this.taken += 1;
    }
    return this.insert(row);
  }

  private insert(row: readonly string[]): C {
    const child = this.createChild(row, this.cells.allocate());
    this.live.add(child);
    if (row.length === 0) {
      this.only = child;
    } else {
      this.index.put(child);
    }
    return child;
  }

  private overflowChild(): C {
    if (this.overflow === undefined) {
      const row = this.definition.labelNames.map(() => OVERFLOW_LABEL_VALUE);
      const existing = this.find(row);
      this.overflowIsExtra = existing === undefined;
      this.overflow = this.createOverflowChild(row, (existing ?? this.insert(row)).offset);
    }
    return this.overflow;
  }

  private forgetOverflow(): void {
    if (this.overflow !== undefined) {
      this.overflow.offset = DETACHED;
      this.overflow = undefined;
    }
  }

  private release(places: number): void {
    const released = Math.min(places, this.taken);
    this.taken -= released;
    this.limit?.release(released);
  }

  private detach(child: C): void {
    this.cells.release(child.offset);
    child.offset = DETACHED;
  }
}

const NO_LABELS: readonly string[] = [];
const DETACHED = -1;
