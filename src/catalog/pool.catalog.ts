import type { CatalogFamily } from './catalog-family.js';

const group = 'Database pool';
const when = 'there is a data source with pools of pg';

export const DB_POOL_TOTAL = {
  name: 'db_pool_total',
  type: 'gauge',
  labelNames: [],
  help: 'Total connections that the database pools may open.',
  group,
  when,
  contract: true,
  meaning:
    'The capacity: the sum of the pools’ maximum sizes, replicas included. Pools open connections on demand, so ' +
    '`db_pool_in_use / db_pool_total` is the used share of the capacity. Absent while no pool exists.',
} as const satisfies CatalogFamily;

export const DB_POOL_AVAILABLE = {
  name: 'db_pool_available',
  type: 'gauge',
  labelNames: [],
  help: 'Database connections that could be handed out at once: idle ones, and those that may still be opened.',
  group,
  when,
  contract: true,
  meaning: '`db_pool_total` minus `db_pool_in_use`. At 0, callers wait for a connection.',
} as const satisfies CatalogFamily;

export const DB_POOL_IN_USE = {
  name: 'db_pool_in_use',
  type: 'gauge',
  labelNames: [],
  help: 'Database connections that are checked out of their pools, or being opened for a caller.',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const DB_POOL_THREAD_OWNED = {
  name: 'db_pool_thread_owned',
  type: 'gauge',
  labelNames: [],
  help: 'Database connections that one owner keeps from statement to statement, as for a transaction.',
  group,
  when,
  contract: true,
  meaning:
    'Pinned connections, part of `db_pool_in_use`: in a transaction (even an aborted one), or checked out without a ' +
    'running statement, or for more than one statement. A single statement does not pin its connection.',
} as const satisfies CatalogFamily;

export const DB_POOL_OPEN = {
  name: 'db_pool_open',
  type: 'gauge',
  labelNames: [],
  help: 'Open connections of the database pools.',
  group,
  when,
  contract: false,
  meaning:
    'A connection that the server closed while it was checked out counts until it is released, as in the pool itself.',
} as const satisfies CatalogFamily;

export const DB_POOL_IDLE = {
  name: 'db_pool_idle',
  type: 'gauge',
  labelNames: [],
  help: 'Open connections of the database pools that are not in use.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;

export const DB_POOL_WAITING = {
  name: 'db_pool_waiting',
  type: 'gauge',
  labelNames: [],
  help: 'Callers that wait for a connection of a database pool.',
  group,
  when,
  contract: false,
  meaning: 'Above 0 for more than a moment: the pool is too small, or connections are not released.',
} as const satisfies CatalogFamily;

/** Buckets in seconds: an idle connection takes a fraction of a millisecond, a new one a few milliseconds. */
export const ACQUIRE_DURATION_BUCKETS_SECONDS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

export const DB_POOL_ACQUIRE_DURATION_SECONDS = {
  name: 'db_pool_acquire_duration_seconds',
  type: 'histogram',
  labelNames: ['result'],
  buckets: ACQUIRE_DURATION_BUCKETS_SECONDS,
  help: 'Time in seconds from asking a database pool for a connection to having one, or an error.',
  atZero: 'every result',
  group,
  when,
  contract: false,
  exemplars: 'of the request or unit of work that asks for the connection',
  meaning:
    '`result` is idle (an idle connection), created (a new connection), waited (the pool was at its limit), timeout (the ' +
    'pool’s own timeout) or error. A statement that got no connection was never sent: it is counted here, and not among ' +
    'the queries.',
} as const satisfies CatalogFamily;

/** Buckets in seconds: a single statement takes milliseconds, a connection that is not given back takes minutes. */
export const USE_DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const;

export const DB_POOL_USE_DURATION_SECONDS = {
  name: 'db_pool_use_duration_seconds',
  type: 'histogram',
  labelNames: [],
  buckets: USE_DURATION_BUCKETS_SECONDS,
  help: 'Time in seconds that a connection was checked out of its database pool, from getting it to its release.',
  group,
  when,
  contract: false,
  exemplars: 'of the request or unit of work that asked for the connection',
  meaning:
    'One per use, when it ends. `pool.query()` and a repository’s read use a connection for one statement, a transaction or a ' +
    'query runner until it is released. Uses that began before the pool was instrumented, and health checks, are not recorded.',
} as const satisfies CatalogFamily;

export const DB_POOL_LEAKS_SUSPECTED_TOTAL = {
  name: 'db_pool_leaks_suspected_total',
  type: 'counter',
  labelNames: [],
  help: 'Total connections that were checked out of their database pools for longer than the leak threshold.',
  group,
  when: 'there is a data source with pools of pg and `pools.leakThresholdMs` is set',
  contract: false,
  meaning:
    'One per use, as soon as it lasts as long as `pools.leakThresholdMs`. The warning in the log names the code that took the ' +
    'connection. It stays counted when the connection is released later.',
} as const satisfies CatalogFamily;

export const DB_POOL_CONNECTIONS_CREATED_TOTAL = {
  name: 'db_pool_connections_created_total',
  type: 'counter',
  labelNames: [],
  help: 'Total connections that the database pools have opened.',
  group,
  when,
  contract: false,
  meaning:
    'Connections already open when a pool was instrumented are counted, so created minus closed is `db_pool_open`.',
} as const satisfies CatalogFamily;

export const DB_POOL_CONNECTIONS_CLOSED_TOTAL = {
  name: 'db_pool_connections_closed_total',
  type: 'counter',
  labelNames: [],
  help: 'Total connections of the database pools that were closed: idle too long, broken, or with their pool.',
  group,
  when,
  contract: false,
  meaning: 'Rising as fast as created: connections are not reused (`idleTimeoutMillis`, `maxUses`, a proxy).',
} as const satisfies CatalogFamily;

const whenPerPool = '`pools.perPool` is `true`';

export const DB_POOL_CAPACITY_BY_POOL = {
  name: 'db_pool_capacity_by_pool',
  type: 'gauge',
  labelNames: ['data_source', 'pool'],
  help: 'Connections that one database pool may open.',
  group,
  when: whenPerPool,
  contract: false,
  meaning:
    '`data_source` is its name in Nest (`default`), or its number; `pool` is primary, replica_1, replica_2, …',
} as const satisfies CatalogFamily;

export const DB_POOL_CONNECTIONS_BY_POOL = {
  name: 'db_pool_connections_by_pool',
  type: 'gauge',
  labelNames: ['data_source', 'pool', 'state'],
  help: 'Connections of one database pool by state.',
  group,
  when: whenPerPool,
  contract: false,
  meaning: '`state` is idle, active (in use and not pinned) or pinned.',
} as const satisfies CatalogFamily;

export const DB_POOL_WAITING_BY_POOL = {
  name: 'db_pool_waiting_by_pool',
  type: 'gauge',
  labelNames: ['data_source', 'pool'],
  help: 'Callers that wait for a connection of one database pool.',
  group,
  when: whenPerPool,
  contract: false,
} as const satisfies CatalogFamily;

export const POOL_FAMILIES: readonly CatalogFamily[] = [
  DB_POOL_TOTAL,
  DB_POOL_AVAILABLE,
  DB_POOL_IN_USE,
  DB_POOL_THREAD_OWNED,
  DB_POOL_OPEN,
  DB_POOL_IDLE,
  DB_POOL_WAITING,
  DB_POOL_ACQUIRE_DURATION_SECONDS,
  DB_POOL_USE_DURATION_SECONDS,
  DB_POOL_LEAKS_SUSPECTED_TOTAL,
  DB_POOL_CONNECTIONS_CREATED_TOTAL,
  DB_POOL_CONNECTIONS_CLOSED_TOTAL,
  DB_POOL_CAPACITY_BY_POOL,
  DB_POOL_CONNECTIONS_BY_POOL,
  DB_POOL_WAITING_BY_POOL,
];
