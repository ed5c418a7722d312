import {
  DB_POOL_CAPACITY_BY_POOL,
  DB_POOL_CONNECTIONS_BY_POOL,
  DB_POOL_WAITING_BY_POOL,
} from '../../catalog/pool.catalog.js';
import type { Collector } from '../../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import { Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { QuerySource, WatchedPool } from '../source/query-source.interface.js';

/** Reads the state of each pool at each scrape. */
export class PoolDetailCollector implements Collector {
  readonly name = 'db_pool_by_pool';
  readonly families = [DB_POOL_CAPACITY_BY_POOL, DB_POOL_CONNECTIONS_BY_POOL, DB_POOL_WAITING_BY_POOL];
  private readonly sources = new Subscriptions<QuerySource>();
  private readonly names = new Map<QuerySource, string>();

  constructor() {
    this.sources.each((source) => () => this.names.delete(source));
  }

  /** Reads the pools of a source until the returned function is called. A source that has a name keeps it. */
  watch(source: QuerySource, name: string): Undo {
    this.names.set(source, this.names.get(source) ?? name);
    return this.sources.add(source);
  }

  collect(): readonly FamilySnapshot[] {
    // A pool may be a source of its own beside its data source: the sum over the series has it once.
    const labelRows = new Map<WatchedPool, string[]>();
    for (const [source, name] of this.names) {
      source.pools().forEach((pool, index) => {
        const labelRow = [name, index === 0 ? 'primary' : `replica_${index}`];
        labelRows.set(pool, labelRows.get(pool) ?? labelRow);
      });
    }
    const pools = Array.from(labelRows, ([{ state }, labelRow]) => ({ labelRow, ...state }));
    return [
      scalarSnapshot(
        DB_POOL_CAPACITY_BY_POOL,
        pools.map(({ labelRow, capacity: value }) => ({ labelRow, value })),
      ),
      scalarSnapshot(
        DB_POOL_CONNECTIONS_BY_POOL,
        pools.flatMap(({ labelRow, idle, inUse, pinned }) => [
          { labelRow: [...labelRow, 'idle'], value: idle },
          { labelRow: [...labelRow, 'active'], value: inUse - pinned },
          { labelRow: [...labelRow, 'pinned'], value: pinned },
        ]),
      ),
      scalarSnapshot(
        DB_POOL_WAITING_BY_POOL,
        pools.map(({ labelRow, waiting: value }) => ({ labelRow, value })),
      ),
    ];
  }
}
