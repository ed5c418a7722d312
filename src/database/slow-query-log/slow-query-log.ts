import { HyperMetricsError, InvalidValueError } from '../../core/errors.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import { type Logger, safeLogger } from '../../core/tool/logger.js';
import { Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import { WarnOnce } from '../../core/tool/warn-once.js';
import type { SlowQueryLogOptions } from '../../options/database-options.interface.js';
import {
  DEFAULT_QUERY_TIMER_OPTIONS,
  DEFAULT_SLOW_QUERY_LOG_OPTIONS,
} from '../../options/default-options.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { shownStatement } from '../sql/shown-statement.js';
import type { ObservedQuery, OwnConnection, QueryObserver } from '../source/query-source.interface.js';
import { type Sources, sourcesOf } from '../drivers/query-source.js';
import { type Explanation, QueryExplainer } from './query-explainer.js';
import type { LoggedQuery, SlowQueryLogStats } from './slow-query-log.interface.js';
import { SlowQueryTable } from './slow-query-table.js';

/** Maximum number of pending queries; further ones are dropped. */
const MAX_PENDING = 1000;
/** Timeout of a write or read, connecting included. */
const TIMEOUT_MS = 10_000;
/** Maximum length of a stored fingerprint. */
const MAX_FINGERPRINT_LENGTH = 2000;
const DEFAULT_LIMIT = 50;

/** A query that is not written yet, without its text, which may be large. */
interface PendingQuery extends Omit<LoggedQuery, 'route' | 'plan'> {
  /** Its unit of work, whose name is known at the end. */
  readonly scope: ObservedQuery['scope'];
  readonly explanation: Explanation | undefined;
}

/**
 * Stores slow queries in a table of the database: their text with `?` in place of values, their duration and their route. They
 * are written in batches, on a connection of its own: no query of the application waits for it or fails because of it.
 */
export class SlowQueryLog {
  private readonly sources: Sources;
  private stop: Undo | undefined;
  private readonly table: SlowQueryTable;
  private readonly thresholdMs: number;
  private readonly flushIntervalMs: number;
  private pending: PendingQuery[] = [];
  private dropped = 0;
  private interval: NodeJS.Timeout | undefined;
  /** Resolves with false when the write failed. */
  private writing: Promise<boolean> | undefined;
  private readonly faults: WarnOnce;
  private readonly explainer: QueryExplainer | undefined;
  private readonly seqScanListeners = new Subscriptions<(count: number) => void>();

  /** @internal Sources that come and go. */
  constructor(sources: Sources, options: SlowQueryLogOptions, logger: Logger);
  /**
   * @param targets - a data source or a pool, or several. The table is in the first one that has pools of `pg`
   * @param logger - for one warning when the table cannot be written; `console` by default
   * @throws {@link InvalidValueError} on an invalid option.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    options?: SlowQueryLogOptions,
    logger?: Logger,
  );
  constructor(
    targets: Instrumentable | readonly Instrumentable[] | Sources,
    {
      thresholdMs = DEFAULT_QUERY_TIMER_OPTIONS.thresholdMs,
      table = DEFAULT_SLOW_QUERY_LOG_OPTIONS.table,
      flushIntervalSeconds = DEFAULT_SLOW_QUERY_LOG_OPTIONS.flushIntervalSeconds,
      explain = DEFAULT_SLOW_QUERY_LOG_OPTIONS.explain,
    }: SlowQueryLogOptions = {},
    logger: Logger = console,
  ) {
    if (typeof thresholdMs !== 'number' || !(thresholdMs >= 0)) {
      throw new InvalidValueError(
        `thresholdMs of a SlowQueryLog is ${String(thresholdMs)}; allowed: a number of milliseconds of at least 0.`,
      );
    }
    const flushIntervalMs = flushIntervalSeconds * 1000;
    if (
      typeof flushIntervalSeconds !== 'number' ||
      !(flushIntervalMs > 0 && flushIntervalMs <= MAX_TIMER_MS)
    ) {
      throw new InvalidValueError(
        `flushIntervalSeconds of a SlowQueryLog is ${String(flushIntervalSeconds)}; allowed: a number above 0, up to ` +
          `${Math.floor(MAX_TIMER_MS / 1000)}.`,
      );
    }
    this.thresholdMs = thresholdMs;
    this.flushIntervalMs = flushIntervalMs;
    this.table = new SlowQueryTable(table);
    const safe = safeLogger(logger);
    this.faults = new WarnOnce(safe, 'Slow queries could not be logged');
    this.explainer = explain ? new QueryExplainer(safe) : undefined;
    this.sources = sourcesOf(targets);
  }

  /** Starts to log. Does nothing while it is installed. Its timer does not keep the process alive. */
  install(): this {
    if (this.stop === undefined) {
      this.stop = this.sources.each((source) => {
        const ends = [this.explainer?.watch(source), source.observeQueries(this.observer)];
        return () => ends.forEach((end) => end?.());
      });
      this.interval = setInterval(() => void this.flush(), this.flushIntervalMs).unref();
    }
    return this;
  }

  /** Stops logging, and writes pending queries. Never rejects. It can be installed again. */
  async uninstall(): Promise<void> {
    if (this.stop === undefined) {
      return;
    }
    this.stop();
    this.stop = undefined;
    clearInterval(this.interval);
    await this.flush();
  }

  /** Writes pending queries now. Never rejects: after a failure they stay pending. */
  async flush(): Promise<void> {
    // Queries since the start of a write are not in it. After a failed write, another one would fail, too.
    if (this.writing !== undefined && !(await this.writing)) {
      return;
    }
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
    await this.writing;
  }

  /**
   * Returns the latest queries in the table, the latest first.
   *
   * @throws without an open pool of `pg`, or when a statement on the table fails
   */
  recent(limit = DEFAULT_LIMIT): Promise<readonly LoggedQuery[]> {
    return this.ask((connection) => this.table.recent(connection, limit));
  }

  /**
   * Returns the slowest queries in the table, the slowest first.
   *
   * @throws without an open pool of `pg`, or when a statement on the table fails
   */
  slowest(limit = DEFAULT_LIMIT): Promise<readonly LoggedQuery[]> {
    return this.ask((connection) => this.table.slowest(connection, limit));
  }

  /**
   * Returns the statistics of the table, and the numbers of pending and dropped queries.
   *
   * @throws without an open pool of `pg`, or when a statement on the table fails
   */
  async readStats(): Promise<SlowQueryLogStats> {
    const stats = await this.ask((connection) => this.table.stats(connection));
    return {
      ...stats,
      pending: this.pending.length,
      dropped: this.dropped,
      plans: this.explainer?.getStats(),
    };
  }

  /**
   * Deletes queries that are older than so many days.
   *
   * @returns the number of deleted queries
   * @throws {@link InvalidValueError} unless `days` is a number of at least 0; also without an open pool of `pg`, or when a statement on the table fails
   */
  async cleanup(days: number): Promise<number> {
    if (typeof days !== 'number' || !(days >= 0 && days < Infinity)) {
      throw new InvalidValueError(`days of cleanup() is ${String(days)}; allowed: a number of at least 0.`);
    }
    return this.ask((connection) => this.table.cleanUp(connection, days));
  }

  /**
   * @internal Calls back with the number of tables that logged queries read from beginning to end, by their plans, until the returned
   * function is called.
   */
  onSeqScans(listener: (count: number) => void): Undo {
    return this.seqScanListeners.add(listener);
  }

  private readonly observer: QueryObserver = {
    queryEnded: (query, durationMs, error) => this.ended(query, durationMs, error),
    failed: (error) => this.faults.report(error),
  };

  private ended(query: ObservedQuery, durationMs: number, error: unknown): void {
    if (durationMs <= this.thresholdMs) {
      return;
    }
    if (this.pending.length >= MAX_PENDING) {
      this.dropped += 1;
      return;
    }
    this.pending.push({
      endedAt: new Date(),
      durationMs,
      operation: query.operation,
      fingerprint: shownStatement(query.fingerprint, MAX_FINGERPRINT_LENGTH),
      scope: query.scope,
      explanation: this.explainer?.explanationOf(query),
      failed: error !== undefined,
    });
  }

  private async write(): Promise<boolean> {
    if (this.pending.length === 0) {
      return true;
    }
    const count = this.pending.length;
    await this.explainer?.explain();
    // Those that have ended since then wait for their plans.
    const batch = this.pending.slice(0, count);
    this.pending = this.pending.slice(count);
    try {
      const queries = batch.map(({ scope, explanation, ...query }) => ({
        ...query,
        route: routeOf(scope),
        plan: explanation?.plan?.json,
      }));
      await this.ask((connection) => this.table.insert(connection, queries));
      this.reportSeqScans(batch);
      return true;
    } catch (error) {
      this.faults.report(error);
      const kept = isDataException(error) ? [] : batch;
      const waiting = [...kept, ...this.pending];
      this.pending = waiting.slice(0, MAX_PENDING);
      this.dropped += batch.length - kept.length + waiting.length - this.pending.length;
      return false;
    }
  }

  private reportSeqScans(batch: readonly PendingQuery[]): void {
    const count = batch.reduce((sum, { explanation }) => sum + (explanation?.plan?.seqScans ?? 0), 0);
    this.seqScanListeners.list.forEach((listener) => listener(count));
  }

  private async ask<T>(work: (connection: OwnConnection) => Promise<T>): Promise<T> {
    const [pool] = this.sources.list.flatMap((source) => source.pools());
    if (pool === undefined) {
      throw new HyperMetricsError('The slow-query log has no open pool of pg.');
    }
    return pool.withOwnConnection(TIMEOUT_MS, work);
  }
}

/** Untyped code may name a unit of work with any value: one that is not a string must not fail the batch. */
function routeOf(scope: ObservedQuery['scope']): string | undefined {
  const name: unknown = scope?.name;
  return typeof name === 'string' ? name : undefined;
}

/** The values are invalid, and would be at each try: the database's encoding may lack a character (PostgreSQL, Appendix A). */
function isDataException(error: unknown): boolean {
  return String((error as { readonly code?: unknown } | null)?.code).startsWith('22');
}
