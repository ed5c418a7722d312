import { InvalidLabelsError } from './errors.js';
import { assertDefinition, type FamilyDefinition } from './family-definition.js';
import type { FamilySnapshot } from './family-snapshot.js';
import { toLabelRow, type LabelValue, type LabelValues } from './labels.js';

/**
 * The live cell behind one series. Code that records often keeps it.
 *
 * After `remove()` or `reset()` of its family a kept child is *detached*: it then records through the family, so
 * that its series reappears with the first new sample and nothing is lost.
 */
export abstract class Child {
  /** @internal */
  detached = false;

  constructor(readonly labelRow: readonly string[]) {}

  /** @internal */
  detach(): void {
    this.detached = true;
  }

  /** @internal Back to the state of a new child. */
  abstract zero(): void;
}

/** One metric name with its type, HELP and label names, and the children behind its series. */
export abstract class Family<C extends Child, Label extends string = string> {
  /** A copy: the caller's arrays may change. */
  readonly definition: FamilyDefinition<Label>;
  private readonly childrenByRow = new Map<string, C>();
  /** @internal How often {@link reset} was called: what was added before a reset must not be taken away after it. */
  resets = 0;

  /** @throws {@link InvalidDefinitionError} when no exposition could carry the family. */
  constructor(definition: FamilyDefinition<Label>) {
    assertDefinition(definition);
    const { labelNames, buckets } = definition;
    this.definition = {
      ...definition,
      labelNames: [...labelNames],
      ...(buckets && { buckets: [...buckets] }),
    };
  }

  /**
   * The child of one series, created at 0 when new. Takes label values in the declared order, or one object.
   *
   * @throws {@link InvalidLabelsError} on unknown names or the wrong number of values.
   */
  labels(...values: readonly LabelValue[]): C;
  labels(values: LabelValues<Label>): C;
  labels(...values: readonly (LabelValue | LabelValues<Label>)[]): C {
    const [first] = values;
    return this.child(typeof first === 'object' ? first : (values as readonly LabelValue[]));
  }

  /** Removes one series; it reappears at 0 when something records to it again. */
  remove(...values: readonly LabelValue[]): void;
  remove(values: LabelValues<Label>): void;
  remove(...values: readonly (LabelValue | LabelValues<Label>)[]): void {
    const [first] = values;
    const row = toLabelRow(
      this.definition,
      typeof first === 'object' ? first : (values as readonly LabelValue[]),
    );
    const key = rowKey(row);
    this.childrenByRow.get(key)?.detach();
    this.childrenByRow.delete(key);
  }

  /** Removes every series of a labelled family; the one series of an unlabelled family goes back to 0. */
  reset(): void {
    this.resets += 1;
    if (this.definition.labelNames.length === 0) {
      for (const child of this.childrenByRow.values()) {
        child.zero();
      }
      return;
    }
    for (const child of this.childrenByRow.values()) {
      child.detach();
    }
    this.childrenByRow.clear();
  }

  /** All series at this moment. */
  abstract snapshot(): FamilySnapshot;

  protected abstract createChild(labelRow: readonly string[]): C;

  /** @internal */
  child(values: LabelValues<Label>): C {
    return this.childOfRow(toLabelRow(this.definition, values));
  }

  /** @internal */
  childOfRow(row: readonly string[]): C {
    const key = rowKey(row);
    let child = this.childrenByRow.get(key);
    if (child === undefined) {
      child = this.createChild(row);
      this.childrenByRow.set(key, child);
    }
    return child;
  }

  /** @internal The child of one series if it exists. */
  peek(values: LabelValues<Label>): C | undefined {
    return this.childrenByRow.get(rowKey(toLabelRow(this.definition, values)));
  }

  /** The child that `labels` name; without labels, the only one of an unlabelled family. */
  protected childFor(labels: LabelValues<Label> | undefined): C {
    return labels === undefined ? this.onlyChild() : this.child(labels);
  }

  /** The child of an unlabelled family. */
  protected onlyChild(): C {
    if (this.definition.labelNames.length > 0) {
      throw new InvalidLabelsError(
        `Metric "${this.definition.name}" is labelled by ${this.definition.labelNames.join(', ')}: give their values, ` +
          'or ask labels(...) for one series.',
      );
    }
    return this.childOfRow(NO_LABELS);
  }

  protected children(): readonly C[] {
    if (this.definition.labelNames.length === 0) {
      this.childOfRow(NO_LABELS);
    }
    return [...this.childrenByRow.values()];
  }
}

const NO_LABELS: readonly string[] = [];

/** A key that no two different rows share, whatever characters the values have. */
function rowKey(row: readonly string[]): string {
  switch (row.length) {
    case 0:
      return '';
    case 1:
      return row[0] as string;
    default:
      return row.map((value) => `${value.length}:${value}`).join('');
  }
}
