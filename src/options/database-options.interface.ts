/** Options of the pool metrics. */
export interface PoolsOptions {
  /**
   * Whether each pool also has its own series (`db_pool_connections_by_pool` and others), by data source, primary and
   * replicas.
   *
   * @defaultValue `false`
   */
  readonly perPool?: boolean | undefined;
  /**
   * Duration in milliseconds from which on a checked-out connection is a suspected leak: it is counted in
   * `db_pool_leaks_suspected_total`, and a warning names the code that took it. The stack of each request for a connection is
   * captured for that, which costs 10 to 50 µs. Choose more than your longest transactions and statements take.
   *
   * @defaultValue `undefined`: connections are not checked
   */
  readonly leakThresholdMs?: number | undefined;
}

/** Options of performance tracking. */
export interface PerformanceOptions {
  /**
   * Duration in milliseconds above which a query is slow.
   *
   * @defaultValue `100`
   */
  readonly slowQueryThresholdMs?: number | undefined;
  /**
   * Number of reads in one request or unit of work, equal but for their values, that make an N+1 pattern.
   *
   * @defaultValue `5`
   */
  readonly nPlusOneThreshold?: number | undefined;
  /**
   * Repeated reads that are no findings: they are in no metric, cause no warning and no error, and are counted in
   * `PerformanceTracker.getStats()` as `nPlusOneExempt`. A string names a route (`/books/:id` or `GET /books/:id`), a unit of work, or
   * a statement as warnings, errors and `getStats()` show it. A regular expression may match any of these. Rules are compared at the
   * end of a request that has repeated reads. For a piece of code, use `MetricsService.allowRepeatedReads()`.
   *
   * @defaultValue `[]`
   */
  readonly nPlusOneIgnore?: readonly (string | RegExp)[] | undefined;
  /**
   * For test suites: whether an N+1 pattern is an error. A unit of work rejects with an `NPlusOneError`. A request has been
   * answered by then, so the error is thrown as an uncaught exception: it ends the process or fails the test run.
   *
   * @defaultValue `false`
   */
  readonly failOnNPlusOne?: boolean | undefined;
  /**
   * Whether the slow queries in `PerformanceTracker.getStats()` include their parameters as strings: the first 20, at most 100
   * characters each, binary ones as their length. Metrics, the log and the slow-query log never contain them. Parameters
   * may be personal data: enable this only while you investigate.
   *
   * @defaultValue `false`
   */
  readonly slowQueryParameters?: boolean | undefined;
  /**
   * Whether queries and waits for a connection are counted by route template, or name of the unit of work
   * (`db_route_queries_total` and others).
   *
   * @defaultValue `true`
   */
  readonly routes?: boolean | undefined;
  /**
   * Whether queries are counted by statement: in `db_statement_calls_total` and `db_statement_seconds_total` by its operations and
   * tables, in `PerformanceTracker.getStats()` by its fingerprint.
   *
   * @defaultValue `false`
   */
  readonly statements?: boolean | StatementsOptions | undefined;
}

/** Options of the counts by statement. */
export interface StatementsOptions {
  /**
   * Maximum number of statements with series of their own, and of those in `PerformanceTracker.getStats()`.
   *
   * @defaultValue `100`
   */
  readonly limit?: number | undefined;
}

/** Options of a `QueryTimer`, and of the application's. */
export interface QueryTimerOptions {
  /**
   * Queries that take longer are slow in `QueryTimer.getStats()` and go to the slow-query log, in milliseconds.
   *
   * @defaultValue `100`
   */
  readonly thresholdMs?: number | undefined;
  /**
   * How long the application's shutdown may wait for queries under way before data sources are destroyed, which ends them
   * with an error; in milliseconds. `0`: not at all. An option of the module only.
   *
   * @defaultValue `0`
   */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * Stores queries that take longer than `thresholdMs` in a table of the database; see {@link SlowQueryLog}. An option of the
   * module only.
   *
   * @defaultValue `false`
   */
  readonly slowQueryLog?: boolean | Omit<SlowQueryLogOptions, 'thresholdMs'> | undefined;
}

/** Options of a `SlowQueryLog`, and of the application's. */
export interface SlowQueryLogOptions {
  /**
   * Queries that take longer are logged, in milliseconds. An option of the class only: the module takes
   * `queryTimer.thresholdMs`.
   *
   * @defaultValue `100`
   */
  readonly thresholdMs?: number | undefined;
  /**
   * The table, with or without its schema: letters, digits and `_`. It is created when it is missing, as an unlogged table
   * where the server supports that: its rows are lost when the server crashes, and cost it little.
   *
   * @defaultValue `'hyper_metrics_slow_queries'`
   */
  readonly table?: string | undefined;
  /**
   * Seconds between two writes of logged queries.
   *
   * @defaultValue `5`
   */
  readonly flushIntervalSeconds?: number | undefined;
  /**
   * Whether the generic plans of slow reads are logged with them, and tables that they read from beginning to end are counted
   * (`db_slow_query_seq_scans_total`). Each fingerprint is explained once an hour, on a connection of its own, by
   * `EXPLAIN (GENERIC_PLAN)`, which executes nothing. It needs PostgreSQL 16 or newer. Values in plans are replaced by `?`.
   *
   * @defaultValue `false`
   */
  readonly explain?: boolean | undefined;
}

/** Options of a `PoolHealthChecker`, and of the application's. */
export interface PoolHealthCheckerOptions {
  /**
   * Seconds from the start of one check to the next.
   *
   * @defaultValue `30`
   */
  readonly intervalSeconds?: number | undefined;
  /**
   * Timeout of a check in milliseconds, connecting included.
   *
   * @defaultValue `5000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Number of failed checks in a row from which on a pool is unhealthy. One that succeeds makes it healthy. A pool is neither
   * before its first check that succeeds.
   *
   * @defaultValue `1`
   */
  readonly failureThreshold?: number | undefined;
}

/** Options of a statement cache. */
export interface StatementCacheOptions {
  /**
   * Maximum number of prepared statements per connection. Each takes some 16 kB of the server's memory, up to 150 kB if it
   * joins many tables.
   *
   * @defaultValue `100`
   */
  readonly maxEntries?: number | undefined;
  /**
   * Number of uses from which on a statement is prepared.
   *
   * @defaultValue `2`
   */
  readonly minUses?: number | undefined;
  /**
   * Maximum length of a prepared statement's text in characters.
   *
   * @defaultValue `16384`
   */
  readonly maxTextLength?: number | undefined;
  /**
   * Statements that are never prepared: a text, a fingerprint (as in the warnings of this library), or a pattern of texts.
   *
   * @defaultValue `[]`
   */
  readonly deny?: readonly (string | RegExp)[] | undefined;
  /**
   * Whether a statement is no longer prepared once it is clearly slower with the server's generic plan.
   * `docs/named-statements.md` has the rule.
   *
   * @defaultValue `true`
   */
  readonly planGuard?: boolean | undefined;
  /**
   * Whether the pooler between application and server keeps one server connection per session, which prepared statements
   * need.
   *
   * @defaultValue `false`
   */
  readonly sessionPooler?: boolean | undefined;
}
