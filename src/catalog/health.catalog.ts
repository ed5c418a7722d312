import type { CatalogFamily } from './catalog-family.js';

const group = 'Pool health';
const when = 'there is a data source with pools of pg and `healthChecker` is on';

export const DB_POOL_HEALTHY = {
  name: 'db_pool_healthy',
  type: 'gauge',
  labelNames: [],
  help: 'Whether the last health check of every database pool succeeded: 1 or 0.',
  aggregation: 'min',
  group,
  when,
  contract: true,
  meaning:
    '1 when the server answered a probe in time, on a connection of its own where the pool has none to lend: an exhausted ' +
    'pool is healthy, and seen in the gauges of the pool. With several pools, the worst. Absent before the first check.',
} as const satisfies CatalogFamily;

export const DB_POOL_HEALTH_CHECKS_TOTAL = {
  name: 'db_pool_health_checks_total',
  type: 'counter',
  labelNames: [],
  help: 'Total health checks of database pools.',
  group,
  when,
  contract: true,
  meaning: 'One for each pool and check; replicas are pools of their own.',
} as const satisfies CatalogFamily;

export const DB_POOL_HEALTH_FAILURES_TOTAL = {
  name: 'db_pool_health_failures_total',
  type: 'counter',
  labelNames: [],
  help: 'Total health checks of database pools that failed.',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const DB_POOL_HEALTH_CHECK_DURATION_SECONDS = {
  name: 'db_pool_health_check_duration_seconds',
  type: 'histogram',
  labelNames: [],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  help: 'Duration of health checks of database pools in seconds; those that were given up last as long as the time limit.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;
