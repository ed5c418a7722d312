import { InvalidValueError } from '../../core/errors.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import { DEFAULT_QUERY_TIMER_OPTIONS } from '../../options/default-options.js';
import type { QueryObserver } from '../source/query-source.interface.js';
import { type Follow, SourceSet } from '../drivers/source-set.js';
import { SwitchedSources } from '../drivers/switched-sources.js';

/** Options of a {@link QueryTimer}. */
export interface QueryTimerOptions {
  /**
   * Queries that take longer count as slow in {@link QueryTimer.getStats}, in milliseconds.
   *
   * @defaultValue `100`
   */
  readonly thresholdMs?: number | undefined;
}

/** What a {@link QueryTimer} has seen since it was installed. */
export interface QueryTimerStats {
  /** Queries that have ended, failed ones included. */
  readonly queries: number;
  readonly errors: number;
  /** Longer than `thresholdMs`. */
  readonly slowQueries: number;
  readonly totalDurationMs: number;
  /** `0` before the first query has ended. */
  readonly averageDurationMs: number;
  readonly inFlight: number;
}

/**
 * Times every query of data sources of TypeORM (any driver) or pools of `pg`, whatever sends it: repositories, query
 * builders, query runners, transactions, streams, `pool.query()`.
 *
 * With Nest there is nothing to write: every data source of the application is timed, and this class can be injected to
 * read and to `drain()`. By hand: `new QueryTimer(dataSource).install()`, and {@link registerQueryTimer} to have
 * its sources in the metrics.
 */
export class QueryTimer {
  private sources: SwitchedSources;
  private readonly thresholdMs: number;
  private running = 0;
  private totals = { queries: 0, errors: 0, slowQueries: 0, totalDurationMs: 0 };
  private readonly idleListeners = new Set<() => void>();

  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @throws {@link InvalidValueError} on a threshold that is not a number of at least 0, or a target that is neither.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    { thresholdMs = DEFAULT_QUERY_TIMER_OPTIONS.thresholdMs }: QueryTimerOptions = {},
  ) {
    if (typeof thresholdMs !== 'number' || !(thresholdMs >= 0)) {
      throw new InvalidValueError(
        `thresholdMs of a QueryTimer is ${String(thresholdMs)}; allowed: a number of milliseconds of at least 0.`,
      );
    }
    this.thresholdMs = thresholdMs;
    this.sources = this.observed(SourceSet.of(targets));
  }

  /** @internal A timer of sources that come and go. */
  static following(sources: SourceSet, options?: QueryTimerOptions): QueryTimer {
    const timer = new QueryTimer([], options);
    timer.sources = timer.observed(sources);
    return timer;
  }

  /** Begins to time. Does nothing when it is installed. */
  install(): this {
    this.sources.switchOn();
    return this;
  }

  /**
   * Ends to time, and takes the hooks out unless something else watches the same sources; queries under way are still
   * counted at their end. Does nothing when it is not installed. It can be installed again.
   */
  uninstall(): void {
    this.sources.switchOff();
  }

  /** Queries under way that began while it was installed. */
  get inFlight(): number {
    return this.running;
  }

  /** What it has seen while it was installed. */
  getStats(): QueryTimerStats {
    const { queries, totalDurationMs } = this.totals;
    return {
      ...this.totals,
      averageDurationMs: queries === 0 ? 0 : totalDurationMs / queries,
      inFlight: this.running,
    };
  }

  /**
   * Waits until no query is under way, and none follows at once as within a transaction.
   *
   * @param timeoutMs - how long at most, in milliseconds
   * @returns whether there was such a moment
   */
  async drain(timeoutMs: number): Promise<boolean> {
    const deadlineMs = nowMs() + timeoutMs;
    do {
      if (this.running > 0 && !(await this.becomesIdle(deadlineMs - nowMs()))) {
        return false;
      }
      await new Promise(setImmediate);
      // Statement upon statement may never leave the time for a timer.
    } while (this.running > 0 && nowMs() < deadlineMs);
    return this.running === 0;
  }

  /** @internal Does it with every source, for as long as the timer is installed. */
  whileInstalled(follow: Follow): () => void {
    return this.sources.whileOn(follow);
  }

  private observed(sources: SourceSet): SwitchedSources {
    const switched = new SwitchedSources(sources);
    switched.whileOn((source) => source.observeQueries(this.observer));
    return switched;
  }

  private readonly observer: QueryObserver = {
    queryStarted: () => {
      this.running += 1;
    },
    queryEnded: (_query, durationMs, error) => {
      this.running -= 1;
      this.totals.queries += 1;
      this.totals.totalDurationMs += durationMs;
      this.totals.slowQueries += durationMs > this.thresholdMs ? 1 : 0;
      this.totals.errors += error === undefined ? 0 : 1;
      if (this.running === 0) {
        this.idleListeners.forEach((onIdle) => onIdle());
      }
    },
    failed: () => {},
  };

  private becomesIdle(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (isIdle: boolean): void => {
        clearTimeout(timeout);
        this.idleListeners.delete(onIdle);
        resolve(isIdle);
      };
      const onIdle = (): void => over(true);
      const timeout = setTimeout(() => over(false), Math.min(Math.max(0, timeoutMs), MAX_TIMER_MS));
      this.idleListeners.add(onIdle);
    });
  }
}
