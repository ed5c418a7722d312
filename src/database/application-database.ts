import { HyperMetricsError } from '../core/errors.js';
import type { Logger } from '../core/tool/logger.js';
import { Subscriptions, type Undo } from '../core/tool/subscriptions.js';
import type { Instrumentable } from '../options/instrumentable.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { DatabaseMetrics } from './database-metrics.js';
import { logHealth } from './health/health-log.js';
import { PoolHealthChecker } from './health/pool-health-checker.js';
import type { PerformanceTracker } from './performance/performance-tracker.js';
import { querySourceOf, type Sources } from './drivers/query-source.js';
import type { QuerySource } from './source/query-source.interface.js';
import { PoolTracker } from './pool/pool-tracker.js';
import { QueryTimer } from './query/query-timer.js';
import { SlowQueryLog } from './slow-query-log/slow-query-log.js';
import { StatementCache } from './statement-cache/statement-cache.js';

/** A database of the application, with the name for its series by pool. */
export interface NamedDatabase {
  readonly name?: string;
  readonly target: Instrumentable;
}

/** The properties of a database that are known without a connection. */
export type WatchedDatabase = Pick<QuerySource, 'kind' | 'hasPools'>;

/** The databases of one application: their timer, checker, log, cache and metrics. */
export class ApplicationDatabase {
  readonly timer: QueryTimer;
  readonly checker: PoolHealthChecker;
  readonly poolTracker: PoolTracker;
  readonly slowQueryLog: SlowQueryLog;
  readonly statementCache: StatementCache;
  private readonly sources: Sources = new Subscriptions();
  private readonly names = new Map<QuerySource, string>();
  private readonly undo: Undo[] = [];
  private isStopped = false;

  /** @param find - returns the present databases */
  constructor(
    private readonly registry: RegistryLease,
    private readonly options: ResolvedOptions,
    private readonly tracker: PerformanceTracker,
    private readonly logger: Logger,
    private readonly find: () => readonly NamedDatabase[],
  ) {
    const { queryTimer, healthChecker } = options;
    this.timer = new QueryTimer(this.sources, queryTimer === false ? {} : queryTimer);
    this.poolTracker = new PoolTracker(
      options.pools === false ? undefined : options.pools.leakThresholdMs,
      logger,
      () => registry.countError('db_pool'),
    );
    const { slowQueryLog = false, thresholdMs } = queryTimer === false ? {} : queryTimer;
    this.slowQueryLog = new SlowQueryLog(this.sources, { thresholdMs, ...slowQueryLog }, logger);
    this.statementCache = new StatementCache(
      this.sources,
      options.statementCache === false ? {} : options.statementCache,
      logger,
    );
    this.checker = new PoolHealthChecker(this.sources, healthChecker === false ? {} : healthChecker);
  }

  /**
   * Observes the present databases, and before each scrape those that were added since.
   *
   * @throws `MetricConflictError` when the host has a metric of the same name.
   */
  start(): void {
    const { options, registry } = this;
    const metrics = DatabaseMetrics.of(registry.registry);
    if (options.pools !== false) {
      this.undo.push(this.sources.each((source) => metrics.watchPools(source)));
      this.undo.push(this.sources.each((source) => metrics.trackPools(source, this.poolTracker)));
      if (options.pools.perPool) {
        this.undo.push(
          this.sources.each((source) => metrics.watchPoolDetail(source, this.names.get(source) ?? '')),
        );
      }
    }
    if (options.queryTimer !== false) {
      this.undo.push(metrics.followTimer(this.timer.install()), () => this.timer.uninstall());
      if (options.queryTimer.slowQueryLog !== false) {
        this.slowQueryLog.install();
        this.undo.push(() => void this.slowQueryLog.uninstall());
        if (options.queryTimer.slowQueryLog.explain) {
          this.undo.push(metrics.followPlans(this.slowQueryLog));
        }
      }
    }
    if (options.performance !== false) {
      this.undo.push(this.sources.each((source) => metrics.track(source, this.tracker)));
    }
    if (options.statementCache !== false) {
      this.statementCache.install();
      this.undo.push(() => this.statementCache.uninstall());
    }
    this.undo.push(this.sources.each((source) => metrics.watchStatements(source, this.statementCache)));
    if (options.healthChecker !== false) {
      this.undo.push(metrics.followChecker(this.checker), () => this.checker.stop());
      this.undo.push(logHealth(this.checker, this.logger, (source) => this.names.get(source) ?? source.kind));
    }
    if (this.isPatient) {
      this.undo.push(this.sources.each((source) => source.beforeDestroy(() => this.drain())));
    }
    this.discover();
    if (options.healthChecker !== false) {
      this.checker.start();
    }
    registry.onGather(() => this.refresh());
  }

  /**
   * Finds the present databases. Without {@link start} they are known, but not observed.
   *
   * @throws `MetricConflictError` when the host has a metric of the same name.
   */
  discover(): void {
    this.forgetEnded();
    for (const { target, name } of this.find()) {
      try {
        this.add(target, name);
      } catch (error) {
        if (error instanceof HyperMetricsError) {
          throw error;
        }
        // It only looks like a database.
        this.registry.countError('data_sources');
      }
    }
  }

  /** Observes databases that were added since the start. Counts failures. */
  refresh(): void {
    try {
      this.discover();
    } catch {
      this.registry.countError('data_sources');
    }
  }

  private forgetEnded(): void {
    for (const source of this.names.keys()) {
      if (source.hasEnded) {
        this.remove(source);
      }
    }
  }

  private remove(source: QuerySource): void {
    this.sources.delete(source);
    this.names.delete(source);
  }

  /** Whether work may be pending before a data source is destroyed. */
  private get isPatient(): boolean {
    const { queryTimer } = this.options;
    return queryTimer !== false && (queryTimer.drainTimeoutMs > 0 || queryTimer.slowQueryLog !== false);
  }

  /** The known databases. */
  get watched(): readonly QuerySource[] {
    return [...this.names.keys()];
  }

  /**
   * Adds a database until the returned function is called. Does nothing when it is known, when it has ended, or after {@link stop}. Removes
   * pools that have ended.
   */
  add(target: Instrumentable, name?: string): () => void {
    const source = querySourceOf(target);
    if (this.isStopped || source.hasEnded || this.names.has(source)) {
      return () => {};
    }
    this.forgetEnded();
    this.names.set(source, this.uniqueName(name ?? `source_${this.names.size + 1}`));
    this.sources.add(source);
    return () => this.remove(source);
  }

  /** Stops the health checks: the application is closing. */
  closing(): void {
    this.checker.stop();
  }

  /** Waits until no query is under way, up to `drainTimeoutMs`, and writes pending slow queries. Never rejects. */
  async drain(): Promise<void> {
    const { queryTimer } = this.options;
    if (queryTimer !== false && queryTimer.drainTimeoutMs > 0) {
      await this.timer.drain(queryTimer.drainTimeoutMs);
    }
    await this.slowQueryLog.flush();
  }

  stop(): void {
    this.isStopped = true;
    for (const undo of this.undo.splice(0).toReversed()) {
      undo();
    }
  }

  private uniqueName(name: string): string {
    const taken = new Set(this.names.values());
    let unique = name;
    for (let number = 2; taken.has(unique); number += 1) {
      unique = `${name}_${number}`;
    }
    return unique;
  }
}
