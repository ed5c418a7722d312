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
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { QuerySource } from '../source/query-source.interface.js';
import type { PoolHealthChecker } from './pool-health-checker.js';

/** Records what health checkers find; of several that check the same source, the first one's findings. */
export class HealthMetrics implements Collector {
  readonly name = 'db_pool_health';
  readonly families = [DB_POOL_HEALTHY];
  /** An entry for each call of {@link watch}: the same checker may be watched twice. */
  private readonly checkers = new Map<QuerySource, { readonly checker: PoolHealthChecker }[]>();
  private readonly checks: CounterChild;
  private readonly failures: CounterChild;
  private readonly durations: HistogramChild;

  constructor(registry: RegistryLease) {
    this.checks = registry.catalogFamily(DB_POOL_HEALTH_CHECKS_TOTAL).labels();
    this.failures = registry.catalogFamily(DB_POOL_HEALTH_FAILURES_TOTAL).labels();
    this.durations = registry.catalogFamily(DB_POOL_HEALTH_CHECK_DURATION_SECONDS).labels();
  }

  /** Records what a checker finds about a source until the result is called. */
  watch(source: QuerySource, checker: PoolHealthChecker): () => void {
    const checkers = this.checkers.get(source) ?? [];
    const entry = { checker };
    checkers.push(entry);
    this.checkers.set(source, checkers);
    const unlisten = checker.onCheck((checked, { failure, durationMs }) => {
      if (checked === source && checkers[0] === entry) {
        this.checks.inc();
        this.failures.inc(failure === undefined ? 0 : 1);
        this.durations.observe(durationMs / 1000);
      }
    });
    return () => {
      unlisten();
      checkers.splice(checkers.indexOf(entry), 1);
      if (checkers.length === 0) {
        this.checkers.delete(source);
      }
    };
  }

  collect(): readonly FamilySnapshot[] {
    const found = [...this.checkers]
      .map(([source, [first]]) => first?.checker.healthOf(source))
      .filter((healthy) => healthy !== undefined);
    return found.length === 0
      ? []
      : [scalarSnapshot(DB_POOL_HEALTHY, [{ labelRow: [], value: found.every(Boolean) ? 1 : 0 }])];
  }
}
