import type { LabelValue } from './labels.js';

/** A level of the tree: the next level, or the child at the last one, by the text of a label's value. */
type Level<C> = Map<string, Level<C> | C>;

/**
 * Finds the child of a series without building a key: a tree with a level for each label. What is looked up is taken as it
 * comes; only rows of well-formed texts are ever put in, so that whatever is not found is checked and put right elsewhere.
 */
export class LabelIndex<C extends object> {
  private readonly root: Level<C> = new Map();
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
    let level: Level<C> | C | undefined = this.root;
    for (let position = 0; position < this.depth; position += 1) {
      level = following(level, values[this.labelNames[position] as string]);
      if (level === undefined) {
        return undefined;
      }
    }
    let unknown = -this.depth;
    for (const name in values) {
      if (!Object.hasOwn(values, name)) {
        return undefined;
      }
      unknown += 1;
    }
    return unknown === 0 ? (level as C) : undefined;
  }

  put(row: readonly string[], child: C): void {
    let level = this.root;
    for (const value of row.slice(0, -1)) {
      let deeper = level.get(value) as Level<C> | undefined;
      if (deeper === undefined) {
        deeper = new Map();
        level.set(value, deeper);
      }
      level = deeper;
    }
    level.set(row.at(-1) as string, child);
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
    this.root.clear();
  }
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
