import type { CatalogFamily } from './catalog-family.js';

const group = 'Query timer';
const when = 'there is a data source and `queryTimer` is on';

export const DB_QUERIES_IN_FLIGHT = {
  name: 'db_queries_in_flight',
  type: 'gauge',
  labelNames: [],
  help: 'Currently executing database queries.',
  group,
  when,
  contract: true,
  meaning:
    'Passed to the driver and not answered, including those queued behind another on the same connection. An open ' +
    'stream or cursor counts until its last row, or until it is closed.',
} as const satisfies CatalogFamily;

export const DB_QUERY_DURATION_MS_TOTAL = {
  name: 'db_query_duration_ms_total',
  type: 'counter',
  labelNames: [],
  help: 'Cumulative database query time in milliseconds.',
  group,
  when,
  contract: true,
  meaning:
    'From passing a statement to the driver to its last row or its error; waiting for a connection is excluded. ' +
    'Its rate per second, divided by 1000, is the average number of running queries.',
} as const satisfies CatalogFamily;

/** Buckets in seconds, from a look-up by key to a query that is far too slow. */
export const QUERY_DURATION_BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

export const DB_QUERY_DURATION_SECONDS = {
  name: 'db_query_duration_seconds',
  type: 'histogram',
  labelNames: ['operation'],
  buckets: QUERY_DURATION_BUCKETS_SECONDS,
  help: 'Duration of database queries in seconds by operation.',
  atZero: 'every operation',
  group,
  when,
  contract: false,
  exemplars: 'of the code that sends the query',
  meaning:
    '`operation` is select, insert, update, delete, transaction (BEGIN, COMMIT, SAVEPOINT, …), ddl, or other: the first ' +
    'keyword of the text, after `WITH` that of the main statement. Failed queries are included.',
} as const satisfies CatalogFamily;

export const DB_QUERY_ERRORS_TOTAL = {
  name: 'db_query_errors_total',
  type: 'counter',
  labelNames: ['sqlstate_class'],
  help: 'Total database queries that failed, by class of the error.',
  atZero: '08, 22, 23, 25, 40, 42, 53, 55, 57, client and timeout',
  group,
  when,
  contract: false,
  exemplars: 'of the code that sends the query',
  meaning:
    '`sqlstate_class` is the first two characters of the server’s SQLSTATE (23: a constraint, 40: a serialization failure or ' +
    'deadlock, 57: cancelled or shut down, …), `timeout` after the driver’s own timeout (`query_timeout`), or `client` for ' +
    'errors of the driver or the connection, and of drivers without SQLSTATE (SQLite).',
} as const satisfies CatalogFamily;

export const DB_SLOW_QUERY_SEQ_SCANS_TOTAL = {
  name: 'db_slow_query_seq_scans_total',
  type: 'counter',
  labelNames: [],
  help: 'Total tables that logged slow queries read from beginning to end, by their plans.',
  group,
  when: '`queryTimer.slowQueryLog.explain` is on',
  contract: false,
  meaning:
    'The nodes `Seq Scan` in the generic plan of each logged query, one for each partition. Plans are up to an hour old. A query without a plan adds ' +
    'nothing: writes, statements that the server could not explain, PostgreSQL before 16.',
} as const satisfies CatalogFamily;

export const QUERY_FAMILIES: readonly CatalogFamily[] = [
  DB_QUERIES_IN_FLIGHT,
  DB_QUERY_DURATION_MS_TOTAL,
  DB_QUERY_DURATION_SECONDS,
  DB_QUERY_ERRORS_TOTAL,
  DB_SLOW_QUERY_SEQ_SCANS_TOTAL,
];
