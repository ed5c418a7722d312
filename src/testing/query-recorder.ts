import { HyperMetricsError } from '../core/errors.js';
import { takeLocation } from '../database/source/call-site.js';
import type {
  ObservedQuery,
  PoolObserver,
  QueryObserver,
  QuerySource,
} from '../database/source/query-source.interface.js';
import { printable } from '../database/sql/shown-statement.js';
import type { Origin } from '../request-scope/request-scope.js';
import { openDatabases, type DatabaseSource } from './database-source.js';
import { realDelay } from './real-delay.js';

/** Maximum number of statements with a call site. Each keeps some kilobytes of stack. */
const MAX_LOCATED = 1000;
const POLL_INTERVAL_MS = 10;
/** Maximum time in milliseconds for statements to end after the action. */
const MAX_WAIT_MS = 1000;

/** A statement that an action has sent. */
export interface RecordedQuery {
  readonly fingerprint: string;
  readonly locate: Origin;
  /** `undefined` before its end. */
  durationMs: number | undefined;
  failed: boolean;
}

/** Databases of a running action: one action has them at a time. */
const busy = new WeakSet<QuerySource>();

/** Records the statements of databases, in the order of their start. */
export class QueryRecorder implements QueryObserver, PoolObserver {
  private readonly recorded = new Map<ObservedQuery, RecordedQuery>();
  private readonly faults: unknown[] = [];

  /**
   * Runs `action` and records the statements that are sent from its start until it has settled.
   *
   * @returns the result of the action
   * @throws the error of the action; `HyperMetricsError` if `source` has no observed database, or while another action has it.
   */
  async during<Result>(source: DatabaseSource, action: () => Result): Promise<Awaited<Result>> {
    const databases = openDatabases(source);
    if (databases.some((database) => busy.has(database))) {
      throw new HyperMetricsError(
        'Another queriesOf() or assertQueries() observes this database, and statements of actions that overlap cannot be told ' +
          'apart. Await the first one before the second begins, and do not nest them.',
      );
    }
    const ends: (() => void)[] = [];
    try {
      for (const database of databases) {
        busy.add(database);
        ends.push(() => busy.delete(database));
        ends.push(database.observeQueries(this));
        ends.push(database.observePools(this));
      }
      return await action();
    } finally {
      ends.forEach((end) => end());
    }
  }

  /** @throws the first error of recording */
  get queries(): readonly RecordedQuery[] {
    if (this.faults.length > 0) {
      throw this.faults[0];
    }
    return [...this.recorded.values()];
  }

  /** Waits until the recorded statements have ended, up to a second. */
  async ended(): Promise<void> {
    const isPending = (): boolean =>
      [...this.recorded.values()].some(({ durationMs }) => durationMs === undefined);
    for (let waitedMs = 0; isPending() && waitedMs < MAX_WAIT_MS; waitedMs += POLL_INTERVAL_MS) {
      await realDelay(POLL_INTERVAL_MS);
    }
  }

  takeOrigin(): Origin {
    return takeLocation();
  }

  queryStarted(query: ObservedQuery): void {
    this.recorded.set(query, {
      fingerprint: printable(query.fingerprint),
      locate: this.recorded.size < MAX_LOCATED ? locationOf(query) : () => undefined,
      durationMs: undefined,
      failed: false,
    });
  }

  queryEnded(query: ObservedQuery, durationMs: number, error: unknown): void {
    const recorded = this.recorded.get(query);
    if (recorded !== undefined) {
      recorded.durationMs = durationMs;
      recorded.failed = error !== undefined;
    }
  }

  failed(error: unknown): void {
    this.faults.push(error);
  }
}

/** Takes the stack of the call that sends the statement. */
function locationOf({ origin }: ObservedQuery): Origin {
  const location = takeLocation();
  return () => location() ?? origin?.();
}
