/** More than these are told apart faster by the hash of a text than by looking at each. */
const FEW = 8;

const NONE: readonly never[] = [];

/** What the index holds. It links a few that are alike by themselves: no list could be smaller. */
export interface IndexedChild {
  readonly labelRow: readonly string[];
  /** The next child whose labels differ in the last one alone. */
  next: IndexedChild | undefined;
}

/**
 * What follows after some labels: a level, where there are several; the only child, however many labels are left; or few
 * children, linked, that differ in the last label alone. So there are as many levels as branches, and not as children.
 */
export type IndexNode = Level | IndexedChild;

/** Nodes by the text of a label. */
class Level {
  /** As opposed to a child. */
  readonly labelRow = undefined;
  private texts: readonly string[] = NONE;
  private nodes: readonly IndexNode[] = NONE;
  /** In place of both lists, when there are many texts. */
  private many: Map<string, IndexNode> | undefined = undefined;

  get(text: string): IndexNode | undefined {
    if (this.many !== undefined) {
      return this.many.get(text);
    }
    const { texts } = this;
    for (let index = 0; index < texts.length; index += 1) {
      if (texts[index] === text) {
        return this.nodes[index];
      }
    }
    return undefined;
  }

  set(text: string, node: IndexNode): void {
    const { texts, nodes } = this;
    const index = texts.indexOf(text);
    if (index >= 0) {
      this.nodes = nodes.with(index, node);
    } else if (this.many === undefined && texts.length < FEW) {
      // Not by spreading: that leaves room for sixteen more.
      this.texts = texts.concat(text);
      this.nodes = nodes.concat(node);
    } else {
      this.many ??= new Map(texts.map((known, at) => [known, nodes[at] as IndexNode]));
      this.texts = NONE;
      this.nodes = NONE;
      this.many.set(text, node);
    }
  }

  delete(text: string): void {
    this.many?.delete(text);
    const index = this.texts.indexOf(text);
    if (index >= 0) {
      this.texts = this.texts.toSpliced(index, 1);
      this.nodes = this.nodes.toSpliced(index, 1);
    }
  }

  /** The only node, if there is but one. */
  get only(): IndexNode | undefined {
    const { many, nodes } = this;
    if (many !== undefined) {
      return many.size === 1 ? many.values().next().value : undefined;
    }
    return nodes.length === 1 ? nodes[0] : undefined;
  }
}

/** The node with one more child, which has the labels before `position` in common with those that are there. */
export function withChild(node: IndexNode | undefined, child: IndexedChild, position: number): IndexNode {
  if (node === undefined) {
    return child;
  }
  const text = child.labelRow[position] as string;
  if (node.labelRow === undefined) {
    node.set(text, withChild(node.get(text), child, position + 1));
    return node;
  }
  if (differInLast(node.labelRow, child.labelRow, position) && lengthOf(node) < FEW) {
    child.next = node;
    return child;
  }
  return withChild(levelOf(node, position), child, position);
}

/** A level in place of linked children. */
function levelOf(first: IndexedChild, position: number): Level {
  const level = new Level();
  if (position < first.labelRow.length - 1) {
    level.set(first.labelRow[position] as string, first);
    return level;
  }
  let child: IndexedChild | undefined = first;
  while (child !== undefined) {
    const { next }: IndexedChild = child;
    child.next = undefined;
    level.set(child.labelRow[position] as string, child);
    child = next;
  }
  return level;
}

/** The node without a child. A level that leads to one child, or to linked ones, gives place to them. */
export function withoutChild(
  node: IndexNode | undefined,
  child: IndexedChild,
  position: number,
): IndexNode | undefined {
  if (node === undefined) {
    return undefined;
  }
  if (node.labelRow !== undefined) {
    return withoutLink(node, child);
  }
  const text = child.labelRow[position] as string;
  const below = withoutChild(node.get(text), child, position + 1);
  if (below === undefined) {
    node.delete(text);
  } else {
    node.set(text, below);
  }
  return node.only?.labelRow === undefined ? node : node.only;
}

function withoutLink(first: IndexedChild | undefined, child: IndexedChild): IndexedChild | undefined {
  if (first === undefined) {
    return undefined;
  }
  if (first === child) {
    const { next } = child;
    child.next = undefined;
    return next;
  }
  first.next = withoutLink(first.next, child);
  return first;
}

function differInLast(row: readonly string[], other: readonly string[], position: number): boolean {
  const last = row.length - 1;
  for (let label = position; label < last; label += 1) {
    if (row[label] !== other[label]) {
      return false;
    }
  }
  return true;
}

function lengthOf(first: IndexedChild | undefined): number {
  return first === undefined ? 0 : 1 + lengthOf(first.next);
}
