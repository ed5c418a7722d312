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
    '1 if the server answered a probe in time, 0 after `healthChecker.failureThreshold` failed checks in a row (default 1). An exhausted pool is probed on a separate connection, so it can be healthy; the ' +
    'gauges of the pool show that it is exhausted. With several pools, the worst. Absent before the first ' +
    'check, and while a pool that was never healthy has fewer failures than that.',
} as const satisfies CatalogFamily;

export const DB_POOL_HEALTH_CHECKS_TOTAL = {
  name: 'db_pool_health_checks_total',
  type: 'counter',
  labelNames: [],
  help: 'Total health checks of database pools.',
  group,
  when,
  contract: true,
  meaning: 'One per pool and check. Each replica has its own pool.',
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
  help: 'Duration of health checks of database pools in seconds; a check that timed out lasts as long as its timeout.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;

export const HEALTH_FAMILIES: readonly CatalogFamily[] = [
  DB_POOL_HEALTHY,
  DB_POOL_HEALTH_CHECKS_TOTAL,
  DB_POOL_HEALTH_FAILURES_TOTAL,
  DB_POOL_HEALTH_CHECK_DURATION_SECONDS,
];
