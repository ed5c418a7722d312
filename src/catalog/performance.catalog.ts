import type { CatalogFamily } from './catalog-family.js';

const group = 'Performance';
const when = 'there is a data source and `performance` is on';

export const DB_QUERIES_TOTAL = {
  name: 'db_queries_total',
  type: 'counter',
  labelNames: [],
  help: 'Total database queries executed.',
  group,
  when,
  contract: true,
  meaning:
    'Every statement of the application, once, when it has ended, including transaction control and failed statements. ' +
    'This library’s own statements are excluded.',
} as const satisfies CatalogFamily;

export const DB_SLOW_QUERIES_TOTAL = {
  name: 'db_slow_queries_total',
  type: 'counter',
  labelNames: [],
  help: 'Total database queries that took longer than the slow threshold.',
  group,
  when,
  contract: true,
  meaning: 'Strictly longer than `performance.slowQueryThresholdMs`.',
} as const satisfies CatalogFamily;

export const N_PLUS_ONE_TOTAL = {
  name: 'n_plus_one_total',
  type: 'counter',
  labelNames: [],
  help: 'Total N+1 patterns detected: equal reads, but for their values, that one request repeated.',
  group,
  when,
  contract: true,
  meaning:
    'One per fingerprint and request (or unit of work) with at least `performance.nPlusOneThreshold` such reads, ' +
    'counted at its end. The warning in the log names the statement.',
} as const satisfies CatalogFamily;

export const DB_AVG_QUERIES_PER_REQUEST = {
  name: 'db_avg_queries_per_request',
  type: 'gauge',
  labelNames: [],
  help: 'Average database queries per HTTP request since the process started.',
  aggregation: 'ratio',
  group,
  when,
  contract: true,
  meaning:
    'Over all requests that have ended, including those without queries; 0 before the first. For recent requests, use ' +
    '`rate(db_queries_per_request_sum[5m]) / rate(db_queries_per_request_count[5m])`.',
} as const satisfies CatalogFamily;

export const DB_QUERIES_PER_REQUEST = {
  name: 'db_queries_per_request',
  type: 'histogram',
  labelNames: [],
  buckets: [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500],
  help: 'Database queries of one HTTP request.',
  group,
  when,
  contract: false,
  meaning:
    'Recorded when the response has ended: queries started until then. Queries that the request starts later are not counted.',
} as const satisfies CatalogFamily;

export const N_PLUS_ONE_BY_ROUTE_TOTAL = {
  name: 'n_plus_one_by_route_total',
  type: 'counter',
  labelNames: ['route'],
  help: 'Total N+1 patterns detected by route template, or name of the unit of work.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;

export const PERFORMANCE_FAMILIES: readonly CatalogFamily[] = [
  DB_QUERIES_TOTAL,
  DB_SLOW_QUERIES_TOTAL,
  N_PLUS_ONE_TOTAL,
  DB_AVG_QUERIES_PER_REQUEST,
  DB_QUERIES_PER_REQUEST,
  N_PLUS_ONE_BY_ROUTE_TOTAL,
];
