import type { MissingPart } from './live-messages.js';
import type { Reading } from './reading.js';

/** The name of all metrics, when there was no answer at all. */
const ALL = 'metrics';
/** Errors that say nothing about what is missing: the endpoint's own. */
const NOT_MISSING = /^endpoint\./;

/** What could not be read in the last gather, and since when. A part is missing while each gather counts an error of it. */
export class MissingParts {
  private readonly since = new Map<string, number>();
  private errors: ReadonlyMap<string, number> | undefined;

  get all(): readonly MissingPart[] {
    return [...this.since].map(([name, sinceMs]) => ({ name, sinceMs }));
  }

  /** Compares the counts of errors with those of the reading before. */
  read({ errors, atMs }: Reading): void {
    const before = this.errors;
    this.errors = errors;
    this.since.delete(ALL);
    for (const name of new Set([...this.since.keys(), ...errors.keys()])) {
      const count = errors.get(name) ?? 0;
      if (before !== undefined && count > (before.get(name) ?? 0) && !NOT_MISSING.test(name)) {
        this.add(name, atMs);
      } else {
        this.since.delete(name);
      }
    }
  }

  /** There was no answer. */
  failed(atMs: number): void {
    this.add(ALL, atMs);
  }

  private add(name: string, atMs: number): void {
    if (!this.since.has(name)) {
      this.since.set(name, Math.round(atMs));
    }
  }
}
