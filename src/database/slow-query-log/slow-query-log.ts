import { HyperMetricsError, InvalidValueError } from '../../core/errors.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { type Logger, safeLogger } from '../../core/tool/logger.js';
import { WarnOnce } from '../../core/tool/warn-once.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import {
  DEFAULT_QUERY_TIMER_OPTIONS,
  DEFAULT_SLOW_QUERY_LOG_OPTIONS,
} from '../../options/default-options.js';
import { Fingerprints } from '../source/fingerprints.js';
import { shownStatement } from '../sql/shown-statement.js';
import type { ObservedQuery, OwnConnection, QueryObserver } from '../source/query-source.interface.js';
import { SourceSet } from '../drivers/source-set.js';
import { SwitchedSources } from '../drivers/switched-sources.js';
import type { LoggedQuery, SlowQueryLogOptions, SlowQueryLogStats } from './slow-query-log.interface.js';
import { SlowQueryTable } from './slow-query-table.js';

/** Queries that wait to be written; further ones are dropped. */
const MAX_PENDING = 1000;
/** How long writing or reading may take, connecting included. */
const TIMEOUT_MS = 10_000;
/** Characters of a fingerprint that are stored. */
const MAX_FINGERPRINT_LENGTH = 2000;
const DEFAULT_LIMIT = 50;

/** A query that waits to be written: without its text, which may be large. */
interface PendingQuery extends Omit<LoggedQuery, 'route'> {
  /** Its unit of work, whose name is known at its end. */
  readonly scope: ObservedQuery['scope'];
}

/**
 * Keeps slow queries in a table of the database itself: what they do, with `?` in place of their values, how long they
 * took, and in which route. They are written now and then, all at once, on a connection of its own: no query of the
 * application waits for it, and none fails because of it.
 */
export class SlowQueryLog {
  private sources: SwitchedSources;
  private readonly table: SlowQueryTable;
  private readonly thresholdMs: number;
  private readonly flushIntervalMs: number;
  private readonly fingerprints = new Fingerprints();
  private pending: PendingQuery[] = [];
  private dropped = 0;
  private interval: NodeJS.Timeout | undefined;
  /** Answers whether it could be written. */
  private writing: Promise<boolean> | undefined;
  private readonly faults: WarnOnce;

  /**
   * @param targets - what is watched: data sources of TypeORM, pools of `pg`. The table is in the first that has pools of pg
   * @param logger - told once when the table cannot be written; `console` by default
   * @throws {@link InvalidValueError} on an option that cannot be used.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    {
      thresholdMs = DEFAULT_QUERY_TIMER_OPTIONS.thresholdMs,
      table = DEFAULT_SLOW_QUERY_LOG_OPTIONS.table,
      flushIntervalSeconds = DEFAULT_SLOW_QUERY_LOG_OPTIONS.flushIntervalSeconds,
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
    this.faults = new WarnOnce(safeLogger(logger), 'Slow queries could not be logged');
    this.sources = this.observed(SourceSet.of(targets));
  }

  /** @internal A log of sources that come and go. */
  static following(sources: SourceSet, options: SlowQueryLogOptions, logger: Logger): SlowQueryLog {
    const log = new SlowQueryLog([], options, logger);
    log.sources = log.observed(sources);
    return log;
  }

  /** Begins to log. Does nothing when it is installed. Keeps no process alive. */
  install(): this {
    if (!this.sources.isOn) {
      this.sources.switchOn();
      this.interval = setInterval(() => void this.flush(), this.flushIntervalMs).unref();
    }
    return this;
  }

  /** Ends to log, and writes what waits. Never rejects. It can be installed again. */
  async uninstall(): Promise<void> {
    if (!this.sources.isOn) {
      return;
    }
    this.sources.switchOff();
    clearInterval(this.interval);
    // What has come since a write began is not in it. When that fails, another would take its time in vain.
    if (this.writing === undefined || (await this.writing)) {
      await this.flush();
    }
  }

  /** Writes what waits, as it happens now and then by itself. Never rejects: what cannot be written waits on. */
  async flush(): Promise<void> {
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
    await this.writing;
  }

  /**
   * The latest queries in the table, the latest first.
   *
   * @throws when the database cannot be asked
   */
  recent(limit = DEFAULT_LIMIT): Promise<readonly LoggedQuery[]> {
    return this.ask((connection) => this.table.recent(connection, limit));
  }

  /**
   * The slowest queries in the table, the slowest first.
   *
   * @throws when the database cannot be asked
   */
  slowest(limit = DEFAULT_LIMIT): Promise<readonly LoggedQuery[]> {
    return this.ask((connection) => this.table.slowest(connection, limit));
  }

  /**
   * What is in the table, and what could not be written there.
   *
   * @throws when the database cannot be asked
   */
  async readStats(): Promise<SlowQueryLogStats> {
    const stats = await this.ask((connection) => this.table.stats(connection));
    return { ...stats, pending: this.pending.length, dropped: this.dropped };
  }

  /**
   * Deletes what is older than that many days.
   *
   * @returns how many queries that were
   * @throws {@link InvalidValueError} unless `days` is a number of at least 0; also when the database cannot be asked
   */
  async cleanup(days: number): Promise<number> {
    if (typeof days !== 'number' || !(days >= 0 && days < Infinity)) {
      throw new InvalidValueError(`cleanup() takes a number of days of at least 0, and got ${String(days)}.`);
    }
    return this.ask((connection) => this.table.cleanUp(connection, days));
  }

  private observed(sources: SourceSet): SwitchedSources {
    const observer: QueryObserver = {
      queryStarted: () => {},
      queryEnded: (query, durationMs, error) => this.ended(query, durationMs, error),
      failed: (error) => this.faults.report(error),
    };
    const switched = new SwitchedSources(sources);
    switched.whileOn((source) => source.observeQueries(observer));
    return switched;
  }

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
      fingerprint: shownStatement(this.fingerprints.of(query), MAX_FINGERPRINT_LENGTH),
      scope: query.scope,
      failed: error !== undefined,
    });
  }

  private async write(): Promise<boolean> {
    const batch = this.pending;
    if (batch.length === 0) {
      return true;
    }
    this.pending = [];
    try {
      const queries = batch.map(({ scope, ...query }) => ({ ...query, route: routeOf(scope) }));
      await this.ask((connection) => this.table.insert(connection, queries));
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

  private async ask<T>(work: (connection: OwnConnection) => Promise<T>): Promise<T> {
    const [pool] = this.sources.sources.all.flatMap((source) => source.pools());
    if (pool === undefined) {
      throw new HyperMetricsError('There is no open pool of pg to ask for slow queries.');
    }
    return pool.withOwnConnection(TIMEOUT_MS, work);
  }
}

/** A unit of work has what name its caller gives it, typed or not: one that is no text must not stand in the way of all. */
function routeOf(scope: ObservedQuery['scope']): string | undefined {
  const name: unknown = scope?.name;
  return typeof name === 'string' ? name : undefined;
}

/**
 * The contents are refused, as they would be again and again: the encoding of the database may lack a character (PostgreSQL,
 * Appendix A: class 22).
 */
function isDataException(error: unknown): boolean {
  return String((error as { readonly code?: unknown } | null)?.code).startsWith('22');
}
