import type { Guide } from './guide.interface.js';

export const POOL_GUIDE: Guide = {
  db_pool_total: {
    unit: 'connections',
    query: 'sum(#db_pool_total)',
    remedy:
      '**When all processes together may open more than `max_connections` of the server**: smaller pools, fewer processes, or a pooler such as PgBouncer.',
  },
  db_pool_available: {
    unit: 'connections',
    query: 'min_over_time(#db_pool_available[5m])',
    remedy: '**When it is 0**: further callers wait for a connection. See `#db_pool_in_use`.',
  },
  db_pool_in_use: {
    unit: 'connections',
    query: '#db_pool_in_use / #db_pool_total',
    remedy:
      '**When the share stays near 1**: look at pinned connections first (`#db_pool_thread_owned`). If few are pinned, statements are slow, or there are more of them than the pool can serve. A larger pool helps only if the server has room.',
  },
  db_pool_thread_owned: {
    unit: 'connections',
    query: 'min_over_time(#db_pool_thread_owned[15m])',
    remedy:
      '**When it does not go back to 0 at a quiet time**: a query runner was not released, or a client of `pool.connect()`. **When it is high under load**: transactions are long. Do not wait for other services within one.',
  },
  db_pool_open: {
    unit: 'connections',
    query: '#db_pool_open',
    remedy:
      '**When it stays at the capacity while few are in use**: unused connections are kept. Lower `idleTimeoutMillis` or the size of the pool.',
  },
  db_pool_idle: {
    unit: 'connections',
    query: '#db_pool_idle',
    remedy:
      '**When it is 0 and callers wait**: the pool is exhausted. **When it is always high**: the pool is larger than needed.',
  },
  db_pool_waiting: {
    unit: 'callers',
    query: '#db_pool_waiting',
    remedy:
      '**When it is above 0 for more than a moment**: the pool is too small for the load, or its connections are kept. Set `connectionTimeoutMillis`; by default callers wait for ever.',
  },
  db_pool_acquire_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le, result) (rate(#db_pool_acquire_duration_seconds_bucket[5m])))',
    remedy:
      '**When it is long by `waited`**: the pool is exhausted. **By `created`**: opening is slow (TLS, DNS, a busy server). Keep more connections open. **When there are `timeout` and `error`**: these statements were never sent. See the health of the server.',
  },
  db_pool_use_duration_seconds: {
    unit: 'seconds',
    query: 'histogram_quantile(0.99, sum by (le) (rate(#db_pool_use_duration_seconds_bucket[5m])))',
    remedy:
      '**When it is much longer than the queries** (`#db_query_duration_seconds`): connections are held between statements. Look for transactions and query runners that wait for other services. **When it rises with the queries**: statements are slow. **When a use never ends**, it is not in here: see `#db_pool_leaks_suspected_total`.',
  },
  db_pool_leaks_suspected_total: {
    unit: 'connections',
    query: 'increase(#db_pool_leaks_suspected_total[1h])',
    remedy:
      '**When it rises**: the warning in the log has the line of the code that requested the connection. Release it in a `finally` block. **When each of them comes back later** (a second line in the log says so): transactions or statements are longer than `pools.leakThresholdMs`.',
  },
  db_pool_connections_created_total: {
    unit: 'connections',
    query: 'rate(#db_pool_connections_created_total[5m])',
    remedy:
      '**When it rises all the time**: connections are not reused. `idleTimeoutMillis` is shorter than the pauses between requests, `maxUses` is low, the server or a proxy closes them, or errors break them.',
  },
  db_pool_connections_closed_total: {
    unit: 'connections',
    query: 'rate(#db_pool_connections_closed_total[5m])',
    remedy:
      '**When it rises as fast as `#db_pool_connections_created_total`**: connections are not reused, see there.',
  },
  db_pool_capacity_by_pool: {
    unit: 'connections',
    query:
      'sum by (data_source, pool) (#db_pool_connections_by_pool{state!="idle"}) / on (data_source, pool) #db_pool_capacity_by_pool',
    remedy:
      '**When one pool is near 1 and others are not**: give it more of the connections that the server allows.',
  },
  db_pool_connections_by_pool: {
    unit: 'connections',
    query: 'sum by (data_source, pool, state) (#db_pool_connections_by_pool)',
    remedy:
      '**When `pinned` stays high in one pool**: that data source has a query runner that is not released, or long transactions.',
  },
  db_pool_waiting_by_pool: {
    unit: 'callers',
    query: 'sum by (data_source, pool) (#db_pool_waiting_by_pool)',
    remedy: '**When callers wait for one pool**: that pool is exhausted, see `#db_pool_waiting`.',
  },
};
