import {
  DB_AVG_QUERIES_PER_REQUEST,
  DB_QUERIES_PER_REQUEST,
  DB_QUERIES_TOTAL,
  DB_SLOW_QUERIES_TOTAL,
  N_PLUS_ONE_BY_ROUTE_TOTAL,
  N_PLUS_ONE_TOTAL,
} from '../../catalog/performance.catalog.js';
import type { Collector } from '../../core/collector.js';
import type { LegalExemplarLabels } from '../../core/exemplar.js';
import type { Counter, CounterChild } from '../../core/metric/counter.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import type { HistogramChild } from '../../core/metric/histogram.js';
import type { ResolvedPerformanceOptions } from '../../options/resolved-options.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { ObservedQuery, QueryObserver } from '../source/query-source.interface.js';
import { SpendingMetrics } from './spending-metrics.js';

/** Records the queries of the sources that it observes and the findings of trackers, and reads the average per request. */
export class PerformanceMetrics implements QueryObserver, Collector {
  readonly name = 'db_performance';
  readonly families = [DB_AVG_QUERIES_PER_REQUEST];
  /** Of the first application that uses the families. */
  private slowQueryThresholdMs: number | undefined;
  /** Present once an application has `routes` or `statements` on. */
  private spending: SpendingMetrics | undefined;
  private requests = 0;
  private queriesInRequests = 0;
  private readonly queries: CounterChild;
  private readonly slowQueries: CounterChild;
  private readonly perRequest: HistogramChild;
  private readonly nPlusOne: CounterChild;
  private readonly nPlusOneByRoute: Counter<'route'>;

  constructor(
    private readonly registry: RegistryLease,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.queries = registry.catalogFamily(DB_QUERIES_TOTAL).labels();
    this.slowQueries = registry.catalogFamily(DB_SLOW_QUERIES_TOTAL).labels();
    this.perRequest = registry.catalogFamily(DB_QUERIES_PER_REQUEST).labels();
    this.nPlusOne = registry.catalogFamily(N_PLUS_ONE_TOTAL).labels();
    this.nPlusOneByRoute = registry.catalogFamily(N_PLUS_ONE_BY_ROUTE_TOTAL);
  }

  /**
   * Applies the options of an application.
   *
   * @returns the participant of its scopes; `undefined` without `routes` and `statements`
   */
  use(options: ResolvedPerformanceOptions): SpendingMetrics | undefined {
    this.slowQueryThresholdMs ??= options.slowQueryThresholdMs;
    if (!options.routes && options.statements === false) {
      return undefined;
    }
    this.spending ??= new SpendingMetrics(this.registry, this.onFault);
    this.spending.enable(options);
    return this.spending;
  }

  queryEnded(query: ObservedQuery, durationMs: number): void {
    this.queries.inc();
    if (durationMs > (this.slowQueryThresholdMs ?? Infinity)) {
      this.slowQueries.inc();
    }
    this.spending?.queryEnded(query, durationMs);
  }

  failed(error: unknown): void {
    this.onFault(error);
  }

  requestEnded(queries: number, trace: LegalExemplarLabels | undefined): void {
    this.requests += 1;
    this.queriesInRequests += queries;
    this.perRequest.observeTraced(queries, trace);
  }

  found(route: string): void {
    this.nPlusOne.inc();
    this.nPlusOneByRoute.labels(route).inc();
  }

  collect(): readonly FamilySnapshot[] {
    const value = this.requests === 0 ? 0 : this.queriesInRequests / this.requests;
    return [
      {
        ...scalarSnapshot(DB_AVG_QUERIES_PER_REQUEST, [{ labelRow: [], value }]),
        sums: Float64Array.of(this.queriesInRequests),
        counts: Float64Array.of(this.requests),
      },
    ];
  }
}
