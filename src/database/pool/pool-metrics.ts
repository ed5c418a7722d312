import {
  DB_POOL_ACQUIRE_DURATION_SECONDS,
  DB_POOL_CONNECTIONS_CLOSED_TOTAL,
  DB_POOL_CONNECTIONS_CREATED_TOTAL,
} from '../../catalog/pool.catalog.js';
import type { CounterChild } from '../../core/metric/counter.js';
import type { HistogramChild } from '../../core/metric/histogram.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { AcquireResult, PoolObserver, QuerySource } from '../source/query-source.interface.js';

const RESULTS: readonly AcquireResult[] = ['idle', 'created', 'waited', 'timeout', 'error'];

/** Records what the pools that it observes do. */
export class PoolMetrics implements PoolObserver {
  /** How often each is watched. */
  private readonly watched = new Map<QuerySource, number>();
  private readonly acquires: ReadonlyMap<AcquireResult, HistogramChild>;
  private readonly created: CounterChild;
  private readonly closed: CounterChild;

  constructor(
    registry: RegistryLease,
    private readonly onFault: (error: unknown) => void,
  ) {
    const acquires = registry.catalogFamily(DB_POOL_ACQUIRE_DURATION_SECONDS);
    this.acquires = new Map(RESULTS.map((result) => [result, acquires.labels(result)]));
    this.created = registry.catalogFamily(DB_POOL_CONNECTIONS_CREATED_TOTAL).labels();
    this.closed = registry.catalogFamily(DB_POOL_CONNECTIONS_CLOSED_TOTAL).labels();
  }

  /** Those that are watched at the moment. */
  get sources(): readonly QuerySource[] {
    return [...this.watched.keys()];
  }

  /** Records what the pools of a source do until the result is called. */
  watch(source: QuerySource): () => void {
    this.watched.set(source, (this.watched.get(source) ?? 0) + 1);
    const end = source.observePools(this);
    return () => {
      end();
      const others = (this.watched.get(source) ?? 1) - 1;
      if (others > 0) {
        this.watched.set(source, others);
      } else {
        this.watched.delete(source);
      }
    };
  }

  acquired(result: AcquireResult, durationSeconds: number): void {
    this.acquires.get(result)?.observe(durationSeconds);
  }

  connectionsOpened(count: number): void {
    this.created.inc(count);
  }

  connectionsClosed(count: number): void {
    this.closed.inc(count);
  }

  failed(error: unknown): void {
    this.onFault(error);
  }
}
