import type { LabelValue } from './labels.js';

/** More values than these are found faster by their hashes than by looking at each. */
const FEW = 8;

const NONE: readonly never[] = [];

/** A level of the tree: the next level, or the child at the last one, by the text of a label's value. */
class Level<C> {
  /** Exactly as long as there are values: most levels have one. */
  private texts: readonly string[] = NONE;
  private nodes: readonly (Level<C> | C)[] = NONE;
  /** In place of both lists, when there are many. */
  private many: Map<string, Level<C> | C> | undefined = undefined;

  get size(): number {
    return this.many?.size ?? this.texts.length;
  }

  get(text: string): Level<C> | C | undefined {
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

  /** @param text - one that is not there yet */
  add(text: string, node: Level<C> | C): void {
    const { texts, nodes } = this;
    if (this.many === undefined && texts.length < FEW) {
      this.texts = [...texts, text];
      this.nodes = [...nodes, node];
      return;
    }
    this.many ??= new Map(texts.map((known, index) => [known, nodes[index] as Level<C> | C]));
    this.texts = NONE;
    this.nodes = NONE;
    this.many.set(text, node);
  }

  delete(text: string): void {
    this.many?.delete(text);
    const index = this.texts.indexOf(text);
    if (index >= 0) {
      this.texts = this.texts.toSpliced(index, 1);
      this.nodes = this.nodes.toSpliced(index, 1);
    }
  }
}

/**
 * Finds the child of a series without building a key: a tree with a level for each label. What is looked up is taken as it
 * comes; only rows of well-formed texts are ever put in, so that whatever is not found is checked and put right elsewhere.
 */
export class LabelIndex<C extends object> {
  private root = new Level<C>();
  private readonly depth: number;

  constructor(private readonly labelNames: readonly string[]) {
    this.depth = labelNames.length;
  }

  /** The child of values in the declared order, as many as there are labels. */
  byPosition(values: readonly (LabelValue | undefined)[]): C | undefined {
    if (values.length !== this.depth) {
      return undefined;
    }
    let level: Level<C> | C | undefined = this.root;
    for (let position = 0; position < this.depth; position += 1) {
      level = following(level, values[position]);
      if (level === undefined) {
        return undefined;
      }
    }
    return level as C;
  }

  /** The child of values by name; `undefined` also when a name is missing, or unknown. */
  byName(values: Readonly<Record<string, LabelValue | undefined>>): C | undefined {
    const { labelNames, depth } = this;
    let level: Level<C> | C | undefined = this.root;
    for (let position = 0; position < depth; position += 1) {
      level = following(level, values[labelNames[position] as string]);
      if (level === undefined) {
        return undefined;
      }
    }
    return hasNames(values, depth) ? (level as C) : undefined;
  }

  put(row: readonly string[], child: C): void {
    let level = this.root;
    for (const value of row.slice(0, -1)) {
      let deeper = level.get(value) as Level<C> | undefined;
      if (deeper === undefined) {
        deeper = new Level();
        level.add(value, deeper);
      }
      level = deeper;
    }
    level.add(row.at(-1) as string, child);
  }

  /** Levels that are empty afterwards go as well. */
  delete(row: readonly string[]): void {
    const levels = [this.root];
    for (const value of row.slice(0, -1)) {
      const next = levels.at(-1)?.get(value) as Level<C> | undefined;
      if (next === undefined) {
        return;
      }
      levels.push(next);
    }
    for (let position = row.length - 1; position >= 0; position -= 1) {
      levels[position]?.delete(row[position] as string);
      if ((levels[position]?.size ?? 0) > 0) {
        return;
      }
    }
  }

  clear(): void {
    this.root = new Level();
  }
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
function following<C>(level: Level<C> | C | undefined, value: unknown): Level<C> | C | undefined {
  if (typeof value === 'string') {
    return (level as Level<C>).get(value);
  }
  return typeof value === 'number' || typeof value === 'boolean'
    ? (level as Level<C>).get(String(value))
    : undefined;
}
