import { withChild, withoutChild, type IndexedChild, type IndexNode } from './label-tree.js';
import type { LabelValue } from './labels.js';

/**
 * Finds the child of a series without building a key: a tree by label after label, which ends as soon as one child is left,
 * whose other labels are then compared. What is looked up is taken as it comes; only rows of well-formed texts are ever put
 * in, so that whatever is not found is checked and put right elsewhere.
 */
export class LabelIndex<C extends IndexedChild> {
  private root: IndexNode | undefined = undefined;
  /** The position of the last label. */
  private readonly last: number;

  constructor(private readonly labelNames: readonly string[]) {
    this.last = labelNames.length - 1;
  }

  /** The child of values in the declared order, as many as there are labels. */
  byPosition(values: readonly (LabelValue | undefined)[]): C | undefined {
    const { last } = this;
    if (values.length !== last + 1) {
      return undefined;
    }
    let node = this.root;
    for (let position = 0; position <= last; position += 1) {
      if (node?.labelRow !== undefined) {
        return this.amongByPosition(node, position, values);
      }
      const text = textOf(values[position]);
      node = text === undefined ? undefined : node?.get(text);
      if (node === undefined) {
        return undefined;
      }
    }
    return node as C;
  }

  /** The child of values by name; `undefined` also when a name is missing, or unknown. */
  byName(values: Readonly<Record<string, LabelValue | undefined>>): C | undefined {
    const { labelNames, last } = this;
    let node = this.root;
    for (let position = 0; position <= last; position += 1) {
      if (node?.labelRow !== undefined) {
        node = this.amongByName(node, position, values);
        break;
      }
      const text = textOf(values[labelNames[position] as string]);
      node = text === undefined ? undefined : node?.get(text);
      if (node === undefined) {
        return undefined;
      }
    }
    return hasNames(values, last + 1) ? (node as C | undefined) : undefined;
  }

  /** @param child - of a row that is not there yet */
  put(child: C): void {
    this.root = withChild(this.root, child, 0);
  }

  /** What is not there is left alone. */
  delete(child: C): void {
    this.root = withoutChild(this.root, child, 0);
  }

  clear(): void {
    this.root = undefined;
  }

  private amongByPosition(
    first: IndexedChild,
    from: number,
    values: readonly (LabelValue | undefined)[],
  ): C | undefined {
    const { last } = this;
    for (let position = from; position < last; position += 1) {
      if (first.labelRow[position] !== textOf(values[position])) {
        return undefined;
      }
    }
    return linkedWith(first, last, textOf(values[last])) as C | undefined;
  }

  private amongByName(
    first: IndexedChild,
    from: number,
    values: Readonly<Record<string, LabelValue | undefined>>,
  ): C | undefined {
    const { labelNames, last } = this;
    for (let position = from; position < last; position += 1) {
      if (first.labelRow[position] !== textOf(values[labelNames[position] as string])) {
        return undefined;
      }
    }
    return linkedWith(first, last, textOf(values[labelNames[last] as string])) as C | undefined;
  }
}

/** The one of linked children whose last label has this text. */
function linkedWith(first: IndexedChild, last: number, text: string | undefined): IndexedChild | undefined {
  let child: IndexedChild | undefined = first;
  while (child !== undefined && child.labelRow[last] !== text) {
    child = child.next;
  }
  return child;
}

/** Whether an object that has certain properties has no others, and inherits none of them. */
function hasNames(values: object, count: number): boolean {
  if (Object.getPrototypeOf(values) !== Object.prototype) {
    return false;
  }
  let surplus = -count;
  // oxlint-disable-next-line guard-for-in -- what is inherited is surplus, too
  for (const _ in values) {
    surplus += 1;
  }
  return surplus === 0;
}

/** Only what has one text is looked up. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
