import {
  DB_POOL_AVAILABLE,
  DB_POOL_IDLE,
  DB_POOL_IN_USE,
  DB_POOL_OPEN,
  DB_POOL_THREAD_OWNED,
  DB_POOL_TOTAL,
  DB_POOL_WAITING,
} from '../../catalog/pool.catalog.js';
import type { Collector } from '../../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import type { PoolState, QuerySource } from '../source/query-source.interface.js';

/** Each gauge, and what it is of one pool. */
const GAUGES = [
  { family: DB_POOL_TOTAL, of: ({ capacity }: PoolState) => capacity },
  { family: DB_POOL_AVAILABLE, of: ({ capacity, inUse }: PoolState) => Math.max(0, capacity - inUse) },
  { family: DB_POOL_IN_USE, of: ({ inUse }: PoolState) => inUse },
  { family: DB_POOL_THREAD_OWNED, of: ({ pinned }: PoolState) => pinned },
  { family: DB_POOL_OPEN, of: ({ open }: PoolState) => open },
  { family: DB_POOL_IDLE, of: ({ idle }: PoolState) => idle },
  { family: DB_POOL_WAITING, of: ({ waiting }: PoolState) => waiting },
] as const;

/** Reads the pools of the sources, at the moment of the scrape. Without a pool there is nothing to tell. */
export class PoolCollector implements Collector {
  readonly name = 'db_pool';
  readonly families = GAUGES.map(({ family }) => family);

  constructor(private readonly sources: () => readonly QuerySource[]) {}

  collect(): readonly FamilySnapshot[] {
    // A pool can be watched by itself and as its data source's.
    const pools = new Set(this.sources().flatMap((source) => source.pools()));
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
