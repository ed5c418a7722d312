import type { Guide } from './guide.interface.js';

export const HEALTH_GUIDE: Guide = {
  db_pool_healthy: {
    unit: '1 or 0',
    query: 'min(#db_pool_healthy)',
    remedy:
      '**When it is 0**: `PoolHealthChecker.getStats().lastFailure` has the reason, such as `ECONNREFUSED` or `timeout`. See [database.md](database.md#health).',
  },
  db_pool_health_checks_total: {
    unit: 'checks',
    query: 'rate(#db_pool_health_checks_total[5m])',
    remedy: '**When it stands still**: the checker was stopped, or the event loop is blocked.',
  },
  db_pool_health_failures_total: {
    unit: 'checks',
    query: 'sum(rate(#db_pool_health_failures_total[5m])) / sum(rate(#db_pool_health_checks_total[5m]))',
    remedy:
      '**When some checks fail and others do not**: the network loses packets, or the server restarts or has no connection left.',
  },
  db_pool_health_check_duration_seconds: {
    unit: 'seconds',
    query: '#db_pool_health_check_duration_seconds_sum / #db_pool_health_check_duration_seconds_count',
    remedy:
      '**When it comes near `healthChecker.timeoutMs`**: the server or the network is slow, and checks will fail soon.',
  },
};
