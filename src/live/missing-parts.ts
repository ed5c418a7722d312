import { printable } from '../database/sql/shown-statement.js';
import type { LimitedList, MissingPart } from './live-messages.js';
import { limited } from './live-tables.js';
import type { Reading } from './reading.js';

/** The name of all metrics, when there was no answer at all. */
const ALL = 'metrics';
/** Errors that say nothing about what is missing: the endpoint's own. */
const NOT_MISSING = /^endpoint\./;
/** Maximum number of parts that are named: the page shows them in one line. */
const MAX_NAMED = 10;

/** What could not be read in the last gather, and since when. A part is missing while each gather counts an error of it. */
export class MissingParts {
  private readonly since = new Map<string, number>();
  private errors: ReadonlyMap<string, number> | undefined;

  /** The first ones; those that have been missing for longest come first. */
  get named(): LimitedList<MissingPart> {
    return limited(
      [...this.since].map(([name, sinceMs]) => ({ name: printable(name), sinceMs })),
      MAX_NAMED,
    );
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
