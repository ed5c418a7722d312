import { InvalidValueError } from '../../core/errors.js';
import { nextTurn } from '../../core/tool/next-turn.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import { type Action, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { QueryTimerOptions } from '../../options/database-options.interface.js';
import { DEFAULT_QUERY_TIMER_OPTIONS } from '../../options/default-options.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import type { QueryObserver, QuerySource } from '../source/query-source.interface.js';
import { type Sources, sourcesOf } from '../drivers/query-source.js';

/** The statistics of a {@link QueryTimer}. */
export interface QueryTimerStats {
  /** Queries that have ended, including failed ones. */
  readonly queries: number;
  readonly errors: number;
  /** Queries longer than `thresholdMs`. */
  readonly slowQueries: number;
  readonly totalDurationMs: number;
  /** `0` before the first query has ended. */
  readonly averageDurationMs: number;
  readonly inFlight: number;
}

/**
 * Times every query of data sources of TypeORM (any driver) or pools of `pg`: of repositories, query builders, query runners,
 * transactions, streams and `pool.query()`.
 *
 * With Nest every data source of the application is timed, and this class can be injected for `getStats()` and `drain()`.
 * Without Nest: `new QueryTimer(dataSource).install()`, and {@link registerQueryTimer} for its metrics.
 */
export class QueryTimer {
  private readonly sources: Sources;
  /** The sources while it is installed. */
  private readonly timed: Sources = new Subscriptions();
  private stop: Undo | undefined;
  private readonly thresholdMs: number;
  private running = 0;
  private totals = { queries: 0, errors: 0, slowQueries: 0, totalDurationMs: 0 };
  private readonly idleListeners = new Set<() => void>();

  /** @internal Sources that come and go. */
  constructor(sources: Sources, options?: Pick<QueryTimerOptions, 'thresholdMs'>);
  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @throws {@link InvalidValueError} on a threshold that is not a number of at least 0, or any other target.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    options?: Pick<QueryTimerOptions, 'thresholdMs'>,
  );
  constructor(
    targets: Instrumentable | readonly Instrumentable[] | Sources,
    { thresholdMs = DEFAULT_QUERY_TIMER_OPTIONS.thresholdMs }: Pick<QueryTimerOptions, 'thresholdMs'> = {},
  ) {
    if (typeof thresholdMs !== 'number' || !(thresholdMs >= 0)) {
      throw new InvalidValueError(
        `thresholdMs of a QueryTimer is ${String(thresholdMs)}; allowed: a number of milliseconds of at least 0.`,
      );
    }
    this.thresholdMs = thresholdMs;
    this.sources = sourcesOf(targets);
    this.timed.each((source) => source.observeQueries(this.observer));
  }

  /** Starts to time. Does nothing while it is installed. */
  install(): this {
    this.stop ??= this.sources.each((source) => this.timed.add(source));
    return this;
  }

  /**
   * Stops timing, and removes the hooks unless something else observes the same sources. Queries under way are still counted at
   * their end. Does nothing while it is not installed. It can be installed again.
   */
  uninstall(): void {
    this.stop?.();
    this.stop = undefined;
  }

  /** The number of queries under way that started while it was installed. */
  get inFlight(): number {
    return this.running;
  }

  /** Returns the statistics of the time while it was installed. */
  getStats(): QueryTimerStats {
    const { queries, totalDurationMs } = this.totals;
    return {
      ...this.totals,
      averageDurationMs: queries === 0 ? 0 : totalDurationMs / queries,
      inFlight: this.running,
    };
  }

  /**
   * Waits until no query is under way and none follows at once, as within a transaction.
   *
   * @param timeoutMs - the timeout in milliseconds
   * @returns false after the timeout
   */
  async drain(timeoutMs: number): Promise<boolean> {
    const deadlineMs = nowMs() + timeoutMs;
    do {
      if (this.running > 0 && !(await this.becomesIdle(deadlineMs - nowMs()))) {
        return false;
      }
      await nextTurn();
      // An unbroken series of statements may keep a timer from firing.
    } while (this.running > 0 && nowMs() < deadlineMs);
    return this.running === 0;
  }

  /** @internal Applies an action to every source while the timer is installed, until the returned function is called. */
  whileInstalled(action: Action<QuerySource>): Undo {
    return this.timed.each(action);
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
