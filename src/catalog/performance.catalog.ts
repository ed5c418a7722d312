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
  exemplars: 'of requests',
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

const routes = `${when}, and \`performance.routes\` is not \`false\``;
const statements = `${when}, and \`performance.statements\` is on`;

export const DB_ROUTE_QUERIES_TOTAL = {
  name: 'db_route_queries_total',
  type: 'counter',
  labelNames: ['route'],
  help: 'Total database queries executed, by route template, or name of the unit of work.',
  atZero: '`<background>`',
  group,
  when: routes,
  contract: false,
  meaning:
    'Counted when the request or the unit of work has ended. `<background>` has the queries outside of them, and those sent after ' +
    'their end. The sum over all routes is `db_queries_total`, without the queries of requests and units of work that are open.',
} as const satisfies CatalogFamily;

export const DB_ROUTE_QUERY_SECONDS_TOTAL = {
  name: 'db_route_query_seconds_total',
  type: 'counter',
  labelNames: ['route'],
  help: 'Cumulative database query time in seconds by route template, or name of the unit of work.',
  atZero: '`<background>`',
  group,
  when: routes,
  contract: false,
  meaning:
    'The duration of the queries in `db_route_queries_total`. Its rate is the average number of running queries of a route. ' +
    'Waiting for a connection is excluded.',
} as const satisfies CatalogFamily;

export const DB_ROUTE_ACQUIRE_SECONDS_TOTAL = {
  name: 'db_route_acquire_seconds_total',
  type: 'counter',
  labelNames: ['route'],
  help: 'Cumulative time in seconds of waiting for a connection of a pool, by route template, or name of the unit of work.',
  atZero: '`<background>`',
  group,
  when: `${routes}, and the database is PostgreSQL`,
  contract: false,
  meaning:
    'From the request for a connection to its answer, including failed requests and the time of opening a connection. Counted when ' +
    'the request or the unit of work has ended. The sum over all routes is that of `db_pool_acquire_duration_seconds`.',
} as const satisfies CatalogFamily;

export const DB_STATEMENT_CALLS_TOTAL = {
  name: 'db_statement_calls_total',
  type: 'counter',
  labelNames: ['statement'],
  help: 'Total database queries executed, by the operations and tables of their statement.',
  atZero: '`other`',
  group,
  when: statements,
  contract: false,
  meaning:
    '`statement` is a summary such as `SELECT books, authors` or `INSERT archive SELECT books`: operations and tables, without ' +
    'schemas, columns and values. Past `performance.statements.limit` summaries, further ones count as `other`, as do statements of ' +
    'no known operation. The sum is `db_queries_total`.',
} as const satisfies CatalogFamily;

export const DB_STATEMENT_SECONDS_TOTAL = {
  name: 'db_statement_seconds_total',
  type: 'counter',
  labelNames: ['statement'],
  help: 'Cumulative database query time in seconds by the operations and tables of the statement.',
  atZero: '`other`',
  group,
  when: statements,
  contract: false,
  meaning: 'The duration of the queries in `db_statement_calls_total`.',
} as const satisfies CatalogFamily;

export const PERFORMANCE_FAMILIES: readonly CatalogFamily[] = [
  DB_QUERIES_TOTAL,
  DB_SLOW_QUERIES_TOTAL,
  N_PLUS_ONE_TOTAL,
  DB_AVG_QUERIES_PER_REQUEST,
  DB_QUERIES_PER_REQUEST,
  N_PLUS_ONE_BY_ROUTE_TOTAL,
  DB_ROUTE_QUERIES_TOTAL,
  DB_ROUTE_QUERY_SECONDS_TOTAL,
  DB_ROUTE_ACQUIRE_SECONDS_TOTAL,
  DB_STATEMENT_CALLS_TOTAL,
  DB_STATEMENT_SECONDS_TOTAL,
];
