import {
  DB_POOL_HEALTH_CHECK_DURATION_SECONDS,
  DB_POOL_HEALTH_CHECKS_TOTAL,
  DB_POOL_HEALTH_FAILURES_TOTAL,
  DB_POOL_HEALTHY,
} from '../../catalog/health.catalog.js';
import type { Collector } from '../../core/collector.js';
import type { CounterChild } from '../../core/metric/counter.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import type { HistogramChild } from '../../core/metric/histogram.js';
import { Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { QuerySource } from '../source/query-source.interface.js';
import { areHealthy, type PoolHealthChecker } from './pool-health-checker.js';

/** Records the results of health checkers. When several check one source, those of the first one. */
export class HealthMetrics implements Collector {
  readonly name = 'db_pool_health';
  readonly families = [DB_POOL_HEALTHY];
  private readonly checkers = new Map<QuerySource, Subscriptions<PoolHealthChecker>>();
  private readonly checks: CounterChild;
  private readonly failures: CounterChild;
  private readonly durations: HistogramChild;

  constructor(registry: RegistryLease) {
    this.checks = registry.catalogFamily(DB_POOL_HEALTH_CHECKS_TOTAL).labels();
    this.failures = registry.catalogFamily(DB_POOL_HEALTH_FAILURES_TOTAL).labels();
    this.durations = registry.catalogFamily(DB_POOL_HEALTH_CHECK_DURATION_SECONDS).labels();
  }

  /** Records a checker's results for a source until the returned function is called. */
  watch(source: QuerySource, checker: PoolHealthChecker): Undo {
    return (this.checkers.get(source) ?? this.checkersOf(source)).add(checker);
  }

  collect(): readonly FamilySnapshot[] {
    const healthy = areHealthy(
      [...this.checkers].flatMap(([source, { list }]) => list[0]?.healthOf(source) ?? []),
    );
    return healthy === undefined
      ? []
      : [scalarSnapshot(DB_POOL_HEALTHY, [{ labelRow: [], value: healthy ? 1 : 0 }])];
  }

  private checkersOf(source: QuerySource): Subscriptions<PoolHealthChecker> {
    const checkers = new Subscriptions<PoolHealthChecker>();
    this.checkers.set(source, checkers);
    checkers.each((checker) => {
      const unlisten = checker.onCheck((checked, { failure, durationMs }) => {
        if (checked === source && checkers.list[0] === checker) {
          this.checks.inc();
          this.failures.inc(failure === undefined ? 0 : 1);
          this.durations.observe(durationMs / 1000);
        }
      });
      return () => {
        unlisten();
        if (checkers.list.length === 0) {
          this.checkers.delete(source);
        }
      };
    });
    return checkers;
  }
}
