import { ACQUIRE_DURATION_BUCKETS_SECONDS } from '../../catalog/pool.catalog.js';
import { failingShare, tooSlow } from './conditions.js';
import type { AlertRule } from './rule.interface.js';

const POOL = 'of the pools of {{ $labels.instance }}';

/** Alerts about pools, statements and the health of the server. */
export const DATABASE_ALERTS: readonly AlertRule[] = [
  {
    alert: 'DatabaseUnhealthy',
    expr: '#db_pool_healthy == 0',
    for: '1m',
    severity: 'critical',
    summary: 'The database does not answer health checks.',
    description: 'The database of {{ $labels.instance }} has not answered health checks for a minute.',
    remedy:
      '`PoolHealthChecker.getStats().lastFailure` and the answer of a health endpoint have the reason; ' +
      '[database.md](database.md#health) lists them.',
  },
  {
    alert: 'DatabaseHealthChecksFail',
    expr: [
      'increase(#db_pool_health_failures_total[15m])',
      '/ (increase(#db_pool_health_checks_total[15m]) > 0) > 0.1',
      'and increase(#db_pool_health_failures_total[15m]) >= 3',
    ].join('\n'),
    for: '5m',
    severity: 'warning',
    summary: 'Some health checks of the database fail.',
    description:
      '{{ $value | humanizePercentage }} of the health checks of {{ $labels.instance }} failed in a quarter of an hour.',
    remedy:
      'The network loses packets, the server restarts, or it has no connection left. Compare ' +
      '`#db_pool_health_check_duration_seconds` with `healthChecker.timeoutMs`.',
  },
  {
    alert: 'DatabasePoolExhausted',
    expr: '#db_pool_waiting > 0',
    for: '2m',
    severity: 'critical',
    summary: 'Callers have been waiting for database connections for two minutes.',
    description:
      '{{ $value }} callers wait for connections ' + POOL + '. There have been some for two minutes.',
    remedy:
      'Look at pinned connections first (`#db_pool_thread_owned`): a query runner that is not released, or long transactions. If few ' +
      'are pinned, statements are slow, or there are more of them than the pool can serve. A larger pool helps only if the server has ' +
      'room.',
  },
  {
    alert: 'DatabasePoolSaturated',
    expr: '#db_pool_in_use / #db_pool_total > 0.9',
    for: '15m',
    severity: 'warning',
    summary: 'Nearly all database connections have been in use for a quarter of an hour.',
    description:
      '{{ $value | humanizePercentage }} ' +
      POOL +
      ' are in use. It has been over 90% for a quarter of an hour.',
    remedy:
      'A little more load, and callers wait. Find what uses the connections: `topk(5, sum by (route) (rate(#db_route_query_seconds_total[5m])))`. ' +
      'Shorten those statements, or make the pool larger if the server has room.',
  },
  {
    alert: 'DatabaseConnectionsFailing',
    expr: 'sum by (job, instance) (increase(#db_pool_acquire_duration_seconds_count{result=~"timeout|error"}[10m])) >= 5',
    for: '1m',
    severity: 'critical',
    summary: 'Callers get no database connection.',
    description: '{{ printf "%.0f" $value }} callers got no connection ' + POOL + ' in ten minutes.',
    remedy:
      '**`timeout`**: the pool is exhausted for longer than `connectionTimeoutMillis`. **`error`**: the server refuses or does not ' +
      'answer; see its health. The statements of these callers were never sent.',
  },
  {
    alert: 'DatabaseConnectionsSlow',
    ...tooSlow('db_pool_acquire_duration_seconds', {
      by: 'job, instance',
      bounds: ACQUIRE_DURATION_BUCKETS_SECONDS,
      seconds: 0.25,
    }),
    for: '10m',
    severity: 'warning',
    summary: 'One in a hundred callers waits for more than 0.25 s for a database connection.',
    description:
      'One in a hundred callers waits {{ $value | humanizeDuration }} for a connection ' + POOL + '.',
    remedy:
      '**By `waited`**: the pool is exhausted. **By `created`**: opening is slow (TLS, DNS, a busy server); keep more connections open.',
  },
  {
    alert: 'DatabaseConnectionsPinned',
    expr: '#db_pool_thread_owned / #db_pool_total > 0.5',
    for: '15m',
    severity: 'warning',
    summary: 'Half of the pool has been pinned for a quarter of an hour. A query runner may not be released.',
    description:
      '{{ $value | humanizePercentage }} ' +
      POOL +
      ' are pinned. It has been over half for a quarter of an hour.',
    remedy:
      'A query runner or a client of `pool.connect()` was not released, or transactions are long. Set `pools.leakThresholdMs`: the log ' +
      'then names the line of code. Do not wait for other services within a transaction.',
  },
  {
    alert: 'DatabaseConnectionLeak',
    expr: 'increase(#db_pool_leaks_suspected_total[1h]) > 0',
    for: '1m',
    severity: 'warning',
    summary: 'A connection has been held for too long. The log names the code that requested it.',
    description:
      '{{ printf "%.0f" $value }} connections ' +
      POOL +
      ' were held for longer than `pools.leakThresholdMs` in an hour.',
    remedy:
      'Release the connection in a `finally` block. If each of them comes back later (a second line in the log says so), transactions ' +
      'or statements are longer than `pools.leakThresholdMs`. [pools.md](pools.md#suspected-leaks) explains the warning.',
  },
  {
    alert: 'DatabaseConnectionChurn',
    expr: 'rate(#db_pool_connections_created_total[10m]) > 1',
    for: '10m',
    severity: 'warning',
    summary: 'Database connections are opened every second, and not reused.',
    description: '{{ $value | humanize }} connections ' + POOL + ' are opened every second.',
    remedy:
      '`idleTimeoutMillis` is shorter than the pauses between requests, `maxUses` is low, the server or a proxy closes connections, or ' +
      'errors break them.',
  },
  {
    alert: 'DatabaseErrors',
    expr: failingShare('#db_query_errors_total{sqlstate_class!="23"}', '#db_query_duration_seconds_count', {
      by: 'job, instance',
      above: 0.01,
    }),
    for: '1m',
    severity: 'warning',
    summary: 'One in a hundred database queries fails, constraints left aside.',
    description:
      '{{ $value | humanizePercentage }} of the queries of {{ $labels.instance }} fail, constraints left aside.',
    remedy:
      '`sum by (sqlstate_class) (rate(#db_query_errors_total[5m]))` has the class, and [database.md](database.md#errors) says what ' +
      'it means.',
  },
  {
    alert: 'DatabaseSlowQueries',
    expr: [
      'rate(#db_slow_queries_total[10m]) / (rate(#db_queries_total[10m]) > 0) > 0.05',
      'and increase(#db_slow_queries_total[10m]) >= 10',
    ].join('\n'),
    for: '10m',
    severity: 'warning',
    summary: 'One in twenty database queries is slow.',
    description:
      '{{ $value | humanizePercentage }} of the queries of {{ $labels.instance }} take longer than `performance.slowQueryThresholdMs`.',
    remedy:
      '`PerformanceTracker.getStats()` has the latest slow queries, and `queryTimer.slowQueryLog` keeps them. If all kinds are slow, ' +
      'check the server (CPU, disk, locks).',
  },
];
