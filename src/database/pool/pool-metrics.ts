import {
  DB_POOL_ACQUIRE_DURATION_SECONDS,
  DB_POOL_AVAILABLE,
  DB_POOL_CONNECTIONS_CLOSED_TOTAL,
  DB_POOL_CONNECTIONS_CREATED_TOTAL,
  DB_POOL_IDLE,
  DB_POOL_IN_USE,
  DB_POOL_LEAKS_SUSPECTED_TOTAL,
  DB_POOL_OPEN,
  DB_POOL_THREAD_OWNED,
  DB_POOL_TOTAL,
  DB_POOL_USE_DURATION_SECONDS,
  DB_POOL_WAITING,
} from '../../catalog/pool.catalog.js';
import type { Collector } from '../../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import type { CounterChild } from '../../core/metric/counter.js';
import type { HistogramChild } from '../../core/metric/histogram.js';
import { Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type {
  AcquireResult,
  ConnectionUse,
  ObservedAcquire,
  PoolObserver,
  PoolState,
  QuerySource,
} from '../source/query-source.interface.js';

const RESULTS: readonly AcquireResult[] = ['idle', 'created', 'waited', 'timeout', 'error'];

/** The gauges, and the value of each for one pool. */
const GAUGES = [
  { family: DB_POOL_TOTAL, of: ({ capacity }: PoolState) => capacity },
  { family: DB_POOL_AVAILABLE, of: ({ capacity, inUse }: PoolState) => Math.max(0, capacity - inUse) },
  { family: DB_POOL_IN_USE, of: ({ inUse }: PoolState) => inUse },
  { family: DB_POOL_THREAD_OWNED, of: ({ pinned }: PoolState) => pinned },
  { family: DB_POOL_OPEN, of: ({ open }: PoolState) => open },
  { family: DB_POOL_IDLE, of: ({ idle }: PoolState) => idle },
  { family: DB_POOL_WAITING, of: ({ waiting }: PoolState) => waiting },
] as const;

/** Records the events of the pools that it observes, and reads their state at each scrape. */
export class PoolMetrics implements PoolObserver, Collector {
  readonly name = 'db_pool';
  readonly families = GAUGES.map(({ family }) => family);
  private readonly sources = new Subscriptions<QuerySource>();
  private readonly acquires: ReadonlyMap<AcquireResult, HistogramChild>;
  private readonly uses: HistogramChild;
  private readonly created: CounterChild;
  private readonly closed: CounterChild;
  /** Present once an application looks for leaks. */
  private leaks: CounterChild | undefined;
  private readonly suspected = new WeakSet<ConnectionUse>();

  constructor(
    private readonly registry: RegistryLease,
    private readonly onFault: (error: unknown) => void,
  ) {
    const acquires = registry.catalogFamily(DB_POOL_ACQUIRE_DURATION_SECONDS);
    this.acquires = new Map(RESULTS.map((result) => [result, acquires.labels(result)]));
    this.uses = registry.catalogFamily(DB_POOL_USE_DURATION_SECONDS).labels();
    this.created = registry.catalogFamily(DB_POOL_CONNECTIONS_CREATED_TOTAL).labels();
    this.closed = registry.catalogFamily(DB_POOL_CONNECTIONS_CLOSED_TOTAL).labels();
    this.sources.each((source) => source.observePools(this));
  }

  /** Observes the pools of a source until the returned function is called. */
  watch(source: QuerySource): Undo {
    return this.sources.add(source);
  }

  acquired(result: AcquireResult, durationSeconds: number, { scope }: ObservedAcquire): void {
    this.acquires.get(result)?.observeTraced(durationSeconds, scope?.trace);
  }

  released({ beganEarlier, scope }: ConnectionUse, durationSeconds: number): void {
    if (!beganEarlier) {
      this.uses.observeTraced(durationSeconds, scope?.trace);
    }
  }

  /** Exports the number of suspected leaks, from 0 on. */
  exportLeaks(): void {
    this.leaks ??= this.registry.catalogFamily(DB_POOL_LEAKS_SUSPECTED_TOTAL).labels();
  }

  /** Counts a suspected leak once, though several applications may share the pool. */
  leakSuspected(use: ConnectionUse): void {
    if (!this.suspected.has(use)) {
      this.suspected.add(use);
      this.leaks?.inc();
    }
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

  /** Empty without a pool. */
  collect(): readonly FamilySnapshot[] {
    // A set: a pool can be watched by itself and with its data source.
    const pools = new Set(this.sources.list.flatMap((source) => source.pools()));
    const states = Array.from(pools, ({ state }) => state);
    return states.length === 0
      ? []
      : GAUGES.map(({ family, of }) =>
          scalarSnapshot(family, [
            { labelRow: [], value: states.reduce((sum, state) => sum + of(state), 0) },
          ]),
        );
  }
}
