import { DB_SLOW_QUERY_SEQ_SCANS_TOTAL } from '../catalog/query.catalog.js';
import { shared, Subscriptions, type Undo } from '../core/tool/subscriptions.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';
import { RegistryLease } from '../registry/registry-lease.js';
import { HealthMetrics } from './health/health-metrics.js';
import type { PoolHealthChecker } from './health/pool-health-checker.js';
import { PerformanceMetrics } from './performance/performance-metrics.js';
import type { PerformanceTracker } from './performance/performance-tracker.js';
import { PoolDetailCollector } from './pool/pool-detail.collector.js';
import { PoolMetrics } from './pool/pool-metrics.js';
import type { PoolTracker } from './pool/pool-tracker.js';
import { QueryMetrics } from './query/query-metrics.js';
import type { QueryTimer } from './query/query-timer.js';
import type { SlowQueryLog } from './slow-query-log/slow-query-log.js';
import type { QuerySource } from './source/query-source.interface.js';
import type { StatementCache } from './statement-cache/statement-cache.js';
import { StatementMetrics } from './statement-cache/statement-metrics.js';

const known = new WeakMap<MetricsRegistry, DatabaseMetrics>();

/**
 * The database families of one registry. Applications, timers and checkers with one registry share them, so that each source is
 * counted once.
 */
export class DatabaseMetrics {
  private readonly registered = new WeakSet<QueryTimer | PoolHealthChecker>();
  private readonly queries = this.part((lease) => {
    const queries = new QueryMetrics(lease, () => lease.countError('db_queries'));
    lease.addCollector(queries);
    return queries;
  });
  private readonly pools = this.part((lease) => {
    const pools = new PoolMetrics(lease, () => lease.countError('db_pool'));
    lease.addCollector(pools);
    return pools;
  });
  private readonly performance = this.part((lease) => {
    const performance = new PerformanceMetrics(lease, () => lease.countError('db_performance'));
    lease.addCollector(performance);
    return performance;
  });
  private readonly poolDetail = this.part((lease) => {
    const detail = new PoolDetailCollector();
    lease.addCollector(detail);
    return detail;
  });
  private readonly statements = this.part((lease) => {
    const statements = new StatementMetrics();
    lease.addCollector(statements);
    return statements;
  });
  private readonly seqScans = this.part((lease) =>
    lease.catalogFamily(DB_SLOW_QUERY_SEQ_SCANS_TOTAL).labels(),
  );
  private readonly health = this.part((lease) => {
    const health = new HealthMetrics(lease);
    lease.addCollector(health);
    return health;
  });

  private constructor(private readonly registry: MetricsRegistry) {}

  static of(registry: MetricsRegistry): DatabaseMetrics {
    let metrics = known.get(registry);
    if (metrics === undefined) {
      metrics = new DatabaseMetrics(registry);
      known.set(registry, metrics);
    }
    return metrics;
  }

  /** Exports the pools of a source, if it has any, until the returned function is called. */
  watchPools(source: QuerySource): Undo {
    return source.hasPools ? this.pools((pools) => pools.watch(source)) : () => {};
  }

  /** Lets a tracker look at the pools of a source, if it has any, until the returned function is called. */
  trackPools(source: QuerySource, tracker: PoolTracker): Undo {
    return source.hasPools ? this.pools((pools) => tracker.watch(source, pools)) : () => {};
  }

  /** Exports the queries of a source and a tracker's findings in them, until the returned function is called. */
  track(source: QuerySource, tracker: PerformanceTracker): Undo {
    return this.performance((performance) => {
      const spending = performance.use(tracker.options);
      const ends = [
        source.observeQueries(performance),
        spending?.watchPools(source) ?? (() => {}),
        tracker.watch(source, performance, spending),
      ];
      return () => ends.forEach((end) => end());
    });
  }

  /** Exports each pool of a source, if it has any, until the returned function is called. */
  watchPoolDetail(source: QuerySource, name: string): Undo {
    return source.hasPools ? this.poolDetail((detail) => detail.watch(source, name)) : () => {};
  }

  /** Exports a cache's counts if the source has pools, until the returned function is called. */
  watchStatements(source: QuerySource, cache: StatementCache): Undo {
    return source.hasPools ? this.statements((statements) => statements.watch(cache)) : () => {};
  }

  /** Combines {@link followTimer} and {@link watchPools}, permanently. Does nothing the second time. */
  registerTimer(timer: QueryTimer): void {
    if (!this.registered.has(timer)) {
      this.registered.add(timer);
      this.followTimer(timer);
      timer.whileInstalled((source) => this.watchPools(source));
    }
  }

  /** Combines {@link followChecker} and {@link watchPools}, permanently. Does nothing the second time. */
  registerChecker(checker: PoolHealthChecker): void {
    if (!this.registered.has(checker)) {
      this.registered.add(checker);
      this.followChecker(checker);
      checker.whileStarted((source) => this.watchPools(source));
    }
  }

  /** Exports the queries of a timer's sources while it is installed, until the returned function is called. */
  followTimer(timer: QueryTimer): Undo {
    return timer.whileInstalled((source) => this.queries((queries) => source.observeQueries(queries)));
  }

  /** Exports a checker's results while it is started, until the returned function is called. */
  followChecker(checker: PoolHealthChecker): Undo {
    return checker.whileStarted((source) =>
      source.hasPools ? this.health((health) => health.watch(source, checker)) : () => {},
    );
  }

  /** Exports the tables that a log's queries read from beginning to end, until the returned function is called. */
  followPlans(log: SlowQueryLog): Undo {
    return this.seqScans((seqScans) => log.onSeqScans((count) => seqScans.inc(count)));
  }

  /** Returns a function that uses families and collectors: they are registered while they are used. */
  private part<T>(create: (lease: RegistryLease) => T): (use: (part: T) => Undo) => Undo {
    let part: T;
    const users = new Subscriptions<(part: T) => Undo>();
    users.each(
      shared(() => {
        const lease = new RegistryLease(this.registry);
        try {
          part = create(lease);
        } catch (error) {
          lease.release();
          throw error;
        }
        return () => lease.release();
      }),
    );
    users.each((use) => use(part));
    return (use) => users.add((given) => use(given));
  }
}
