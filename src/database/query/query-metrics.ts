import {
  DB_QUERIES_IN_FLIGHT,
  DB_QUERY_DURATION_MS_TOTAL,
  DB_QUERY_DURATION_SECONDS,
  DB_QUERY_ERRORS_TOTAL,
} from '../../catalog/query.catalog.js';
import type { Collector } from '../../core/collector.js';
import type { Counter, CounterChild } from '../../core/metric/counter.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import type { LegalExemplarLabels } from '../../core/exemplar.js';
import type { HistogramChild } from '../../core/metric/histogram.js';
import type { TraceSource } from '../../core/trace-source.interface.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { ObservedQuery, QueryObserver } from '../source/query-source.interface.js';
import { queryErrorClass, USUAL_ERROR_CLASSES } from './query-error-class.js';
import { QUERY_OPERATIONS, type QueryOperation } from '../sql/query-operation.js';

/** Records the statements of the sources that it observes, and reads the number of those under way. */
export class QueryMetrics implements QueryObserver, Collector {
  readonly name = 'db_queries';
  readonly families = [DB_QUERIES_IN_FLIGHT];
  private inFlight = 0;
  private readonly durationMs: CounterChild;
  private readonly durations: ReadonlyMap<QueryOperation, HistogramChild>;
  private readonly errors: Counter<'sqlstate_class'>;
  private readonly traces: TraceSource;

  constructor(
    registry: RegistryLease,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.traces = registry.traces;
    this.durationMs = registry.catalogFamily(DB_QUERY_DURATION_MS_TOTAL).labels();
    const durations = registry.catalogFamily(DB_QUERY_DURATION_SECONDS);
    this.durations = new Map(QUERY_OPERATIONS.map((operation) => [operation, durations.labels(operation)]));
    this.errors = registry.catalogFamily(DB_QUERY_ERRORS_TOTAL);
    USUAL_ERROR_CLASSES.forEach((errorClass) => this.errors.labels(errorClass));
  }

  /** Returns the trace of the code that sends the query. */
  queryStarted(): LegalExemplarLabels | undefined {
    this.inFlight += 1;
    return this.traces.current();
  }

  queryEnded(query: ObservedQuery, durationMs: number, error: unknown, trace?: LegalExemplarLabels): void {
    this.inFlight -= 1;
    this.durationMs.inc(durationMs);
    this.durations.get(query.operation)?.observeTraced(durationMs / 1000, trace);
    if (error !== undefined) {
      this.errors.labels(queryErrorClass(error)).incTraced(trace);
    }
  }

  failed(error: unknown): void {
    this.onFault(error);
  }

  collect(): readonly FamilySnapshot[] {
    return [scalarSnapshot(DB_QUERIES_IN_FLIGHT, [{ labelRow: [], value: this.inFlight }])];
  }
}
