import type { MetricsRegistry } from '../registry/metrics-registry.js';
import { RegistryLease } from '../registry/registry-lease.js';
import { HealthMetrics } from './health/health-metrics.js';
import type { PoolHealthChecker } from './health/pool-health-checker.js';
import { PerformanceMetrics } from './performance/performance-metrics.js';
import type { PerformanceTracker } from './performance/performance-tracker.js';
import { PoolCollector } from './pool/pool.collector.js';
import { PoolDetailCollector } from './pool/pool-detail.collector.js';
import { PoolMetrics } from './pool/pool-metrics.js';
import { QueryMetrics } from './query/query-metrics.js';
import type { QueryTimer } from './query/query-timer.js';
import type { StatementCache } from './statement-cache/statement-cache.js';
import { StatementMetrics } from './statement-cache/statement-metrics.js';
import type { QuerySource } from './source/query-source.interface.js';

const known = new WeakMap<MetricsRegistry, DatabaseMetrics>();

/**
 * The database families of one registry. Whoever shares the registry shares them, so that a source is counted once, however
 * many applications, timers and checkers have it.
 */
export class DatabaseMetrics {
  private readonly registered = new WeakSet<QueryTimer | PoolHealthChecker>();
  private readonly queries: SharedPart<QueryMetrics>;
  private readonly pools: SharedPart<PoolMetrics>;
  private readonly performance: SharedPart<PerformanceMetrics, number>;
  private readonly poolDetail: SharedPart<PoolDetailCollector>;
  private readonly statements: SharedPart<StatementMetrics>;
  private readonly health: SharedPart<HealthMetrics>;

  private constructor(registry: MetricsRegistry) {
    this.queries = new SharedPart(registry, (hold) => {
      const queries = new QueryMetrics(hold, () => hold.countError('db_queries'));
      hold.addCollector(queries);
      return queries;
    });
    this.pools = new SharedPart(registry, (hold) => {
      const pools = new PoolMetrics(hold, () => hold.countError('db_pool'));
      hold.addCollector(new PoolCollector(() => pools.sources));
      return pools;
    });
    this.performance = new SharedPart(registry, (hold, slowQueryThresholdMs) => {
      const performance = new PerformanceMetrics(hold, slowQueryThresholdMs, () =>
        hold.countError('db_performance'),
      );
      hold.addCollector(performance);
      return performance;
    });
    this.poolDetail = new SharedPart(registry, (hold) => {
      const detail = new PoolDetailCollector();
      hold.addCollector(detail);
      return detail;
    });
    this.statements = new SharedPart(registry, (hold) => {
      const statements = new StatementMetrics();
      hold.addCollector(statements);
      return statements;
    });
    this.health = new SharedPart(registry, (hold) => {
      const health = new HealthMetrics(hold);
      hold.addCollector(health);
      return health;
    });
  }

  static of(registry: MetricsRegistry): DatabaseMetrics {
    let metrics = known.get(registry);
    if (metrics === undefined) {
      metrics = new DatabaseMetrics(registry);
      known.set(registry, metrics);
    }
    return metrics;
  }

  /** Exports the pools of a source, if it has any, until the result is called. */
  watchPools(source: QuerySource): () => void {
    return source.hasPools ? this.pools.use((pools) => pools.watch(source)) : () => {};
  }

  /** Exports the queries of a source and what a tracker finds in them, until the result is called. */
  track(source: QuerySource, tracker: PerformanceTracker): () => void {
    return this.performance.use((performance) => {
      const ends = [source.observeQueries(performance), tracker.watch(source, performance)];
      return () => ends.forEach((end) => end());
    }, tracker.slowQueryThresholdMs);
  }

  /** As {@link watchPools}, each pool by itself. */
  watchPoolDetail(source: QuerySource, name: string): () => void {
    return source.hasPools ? this.poolDetail.use((detail) => detail.watch(source, name)) : () => {};
  }

  /** Exports what a cache does, while there is such a source, until the result is called. */
  watchStatements(source: QuerySource, cache: StatementCache): () => void {
    return source.hasPools ? this.statements.use((statements) => statements.watch(cache)) : () => {};
  }

  /** As {@link followTimer} and {@link watchPools}, for good. Does nothing the second time. */
  registerTimer(timer: QueryTimer): void {
    if (!this.registered.has(timer)) {
      this.registered.add(timer);
      this.followTimer(timer);
      timer.whileInstalled((source) => this.watchPools(source));
    }
  }

  /** As {@link followChecker} and {@link watchPools}, for good. Does nothing the second time. */
  registerChecker(checker: PoolHealthChecker): void {
    if (!this.registered.has(checker)) {
      this.registered.add(checker);
      this.followChecker(checker);
      checker.whileStarted((source) => this.watchPools(source));
    }
  }

  /** Exports the queries of a timer's sources, for as long as it is installed, until the result is called. */
  followTimer(timer: QueryTimer): () => void {
    return timer.whileInstalled((source) => this.queries.use((queries) => source.observeQueries(queries)));
  }

  /** Exports what a checker finds, for as long as it is started, until the result is called. */
  followChecker(checker: PoolHealthChecker): () => void {
    return checker.whileStarted((source) =>
      source.hasPools ? this.health.use((health) => health.watch(source, checker)) : () => {},
    );
  }
}

/** Families and collectors that are there while somebody uses them. */
class SharedPart<T, Settings = void> {
  private part: { readonly hold: RegistryLease; readonly value: T } | undefined;
  private users = 0;

  constructor(
    private readonly registry: MetricsRegistry,
    private readonly create: (hold: RegistryLease, settings: Settings) => T,
  ) {}

  /** @param settings - what it is made with, when it is not there yet */
  use(begin: (part: T) => () => void, settings: Settings): () => void {
    this.part ??= this.createPart(settings);
    const end = begin(this.part.value);
    this.users += 1;
    return () => {
      end();
      this.users -= 1;
      if (this.users === 0) {
        this.part?.hold.release();
        this.part = undefined;
      }
    };
  }

  private createPart(settings: Settings): { readonly hold: RegistryLease; readonly value: T } {
    const hold = new RegistryLease(this.registry);
    try {
      return { hold, value: this.create(hold, settings) };
    } catch (error) {
      hold.release();
      throw error;
    }
  }
}
