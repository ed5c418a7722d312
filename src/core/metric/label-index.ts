import type { LabelValue } from './labels.js';

interface IndexedChild {
  readonly labelRow: readonly string[];
}

/**
 * A level (one label's value → node) or a child. The only child below a level is stored in it, however many labels are left, so that
 * levels exist only where label values branch: a map for each label of each series would cost more memory than the series.
 */
type Node<C> = Level<C> | C;
type Level<C> = Map<string, Node<C>>;

/** What a caller may pass as a label value, checked or not. */
type Value = LabelValue | undefined;

/**
 * Finds the child of a series by its label values, in nested maps, so that no key is built. Only rows of well-formed strings are
 * put in: the caller checks and converts values that are not found, and looks them up again.
 */
export class LabelIndex<C extends IndexedChild> {
  private readonly root: Level<C> = new Map();

  constructor(private readonly labelNames: readonly string[]) {}

  /** Returns the child of values in the declared order; `undefined` also when there are too few or too many values. */
  byPosition(values: readonly Value[]): C | undefined {
    const { length } = this.labelNames;
    if (values.length !== length) {
      return undefined;
    }
    let node: Node<C> | undefined = this.root;
    let position = 0;
    for (; position < length && node instanceof Map; position += 1) {
      node = below(node, values[position]);
    }
    if (node === undefined) {
      return undefined;
    }
    const child = node as C;
    for (; position < length; position += 1) {
      if (child.labelRow[position] !== textOf(values[position])) {
        return undefined;
      }
    }
    return child;
  }

  /** Returns the child of values by name; `undefined` also when a name is missing or unknown. */
  byName(values: Readonly<Record<string, Value>>): C | undefined {
    const { labelNames } = this;
    let node: Node<C> | undefined = this.root;
    let position = 0;
    const { length } = labelNames;
    for (; position < length && node instanceof Map; position += 1) {
      node = below(node, values[labelNames[position] as string]);
    }
    if (node === undefined) {
      return undefined;
    }
    const child = node as C;
    for (; position < length; position += 1) {
      if (child.labelRow[position] !== textOf(values[labelNames[position] as string])) {
        return undefined;
      }
    }
    return hasNames(values, length) ? child : undefined;
  }

  /** @param child - of a row that is not there yet */
  put(child: C): void {
    let level = this.root;
    for (let position = 0; ; position += 1) {
      const value = child.labelRow[position] as string;
      const node = level.get(value);
      if (node === undefined) {
        level.set(value, child);
        return;
      }
      const next: Level<C> =
        node instanceof Map ? node : new Map([[node.labelRow[position + 1] as string, node]]);
      level.set(value, next);
      level = next;
    }
  }

  /** Ignores a child that is not there. */
  delete(child: C): void {
    remove(this.root, child, 0);
  }

  clear(): void {
    this.root.clear();
  }
}

function below<C>(level: Level<C>, value: unknown): Node<C> | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : level.get(text);
}

/** Returns `undefined` for values that have no string of their own. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function remove<C extends IndexedChild>(level: Level<C>, child: C, position: number): void {
  const value = child.labelRow[position] as string;
  const node = level.get(value);
  if (node === child) {
    level.delete(value);
  } else if (node instanceof Map) {
    remove(node, child, position + 1);
    const [only] = node.values();
    if (node.size === 1 && only !== undefined && !(only instanceof Map)) {
      level.set(value, only);
    }
  }
}

/** Returns whether an object that has `count` properties has no others, and inherits none of them. */
function hasNames(values: object, count: number): boolean {
  if (Object.getPrototypeOf(values) !== Object.prototype) {
    return false;
  }
  let surplus = -count;
  // oxlint-disable-next-line guard-for-in -- inherited properties are surplus, too
  for (const _ in values) {
    surplus += 1;
  }
  return surplus === 0;
}
