import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { querySourceOf } from './query-source.js';
import type { QuerySource } from '../source/query-source.interface.js';

/** What is done with a source; calling the result undoes it. */
export type Follow = (source: QuerySource) => () => void;

/** Sources, and what is done with each of them: with those that are there, and with those that come. */
export class SourceSet {
  private readonly sources = new Set<QuerySource>();
  private readonly follows = new Map<Follow, Map<QuerySource, () => void>>();

  static of(targets: Instrumentable | readonly Instrumentable[]): SourceSet {
    const set = new SourceSet();
    for (const target of [targets].flat()) {
      set.add(querySourceOf(target));
    }
    return set;
  }

  get all(): readonly QuerySource[] {
    return [...this.sources];
  }

  add(source: QuerySource): void {
    if (!this.sources.has(source)) {
      this.sources.add(source);
      this.follows.forEach((undo, follow) => undo.set(source, follow(source)));
    }
  }

  remove(source: QuerySource): void {
    this.sources.delete(source);
    for (const undo of this.follows.values()) {
      undo.get(source)?.();
      undo.delete(source);
    }
  }

  /** Does it with every source until the result is called. */
  follow(follow: Follow): () => void {
    // Each call counts for itself.
    const own: Follow = (source) => follow(source);
    this.follows.set(own, new Map([...this.sources].map((source) => [source, own(source)])));
    return () => {
      const undo = this.follows.get(own);
      this.follows.delete(own);
      undo?.forEach((stop) => stop());
    };
  }
}
