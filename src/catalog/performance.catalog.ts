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
    'Every statement of the application, once, when it has ended: those of transaction control and failed ones too, this ' +
    'library’s own never.',
} as const satisfies CatalogFamily;

export const DB_SLOW_QUERIES_TOTAL = {
  name: 'db_slow_queries_total',
  type: 'counter',
  labelNames: [],
  help: 'Total database queries that took longer than the slow threshold.',
  group,
  when,
  contract: true,
  meaning: 'Longer than `performance.slowQueryThresholdMs`, strictly.',
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
    'One for each fingerprint and request (or unit of work) that has `performance.nPlusOneThreshold` such reads or more, ' +
    'counted at its end. The warning in the log says which.',
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
    'Of all requests that have ended, those without queries included; 0 before the first. For recent ones, take ' +
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
    'Counted when the response has ended: queries that have begun by then. What the request begins later is not in it.',
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
