/** Options of the pool metrics. */
export interface PoolsOptions {
  /**
   * Whether each pool has series of its own, beside the sums: `db_pool_connections_by_pool` and others, by data source,
   * primary and replicas.
   *
   * @defaultValue `false`
   */
  readonly perPool?: boolean | undefined;
}

/** Options of performance tracking. */
export interface PerformanceOptions {
  /**
   * Queries that take longer are slow, in milliseconds.
   *
   * @defaultValue `100`
   */
  readonly slowQueryThresholdMs?: number | undefined;
  /**
   * At how many reads that differ in their values only, within one request or unit of work, they are an N+1 pattern.
   *
   * @defaultValue `5`
   */
  readonly nPlusOneThreshold?: number | undefined;
  /**
   * For test suites: a unit of work that has an N+1 pattern rejects with an `NPlusOneError`; after a request, which has been
   * answered by then, the error is thrown out of the event loop and ends the process or fails the test run.
   *
   * @defaultValue `false`
   */
  readonly failOnNPlusOne?: boolean | undefined;
  /**
   * Whether the slow queries in `PerformanceTracker.getStats()` carry their parameters, as texts: the first 20, cut to 100
   * characters each, binary ones as their length. They are never in metrics, the log or the slow-query log. They are the
   * data of the application's users: on for as long as somebody looks for a cause.
   *
   * @defaultValue `false`
   */
  readonly slowQueryParameters?: boolean | undefined;
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
}

/** Options of a statement cache. */
export interface StatementCacheOptions {
  /**
   * Prepared statements of one connection: each costs the server some 16 kB, and up to 150 kB when it joins many tables.
   *
   * @defaultValue `100`
   */
  readonly maxEntries?: number | undefined;
  /**
   * From which use on a text gets a name.
   *
   * @defaultValue `2`
   */
  readonly minUses?: number | undefined;
  /**
   * Longer texts get none, in characters.
   *
   * @defaultValue `16384`
   */
  readonly maxTextLength?: number | undefined;
  /**
   * Texts that never get one: a text or its fingerprint (as in the warnings of this library), or a pattern of texts.
   *
   * @defaultValue `[]`
   */
  readonly deny?: readonly (string | RegExp)[] | undefined;
  /**
   * Whether a text loses its name when it has become clearly slower with the server's generic plan; the rule is in
   * `docs/statement-cache.md`.
   *
   * @defaultValue `true`
   */
  readonly planGuard?: boolean | undefined;
  /**
   * Says that the pooler between the application and the server keeps a server's connection for a whole session, so that
   * statements can be named.
   *
   * @defaultValue `false`
   */
  readonly sessionPooler?: boolean | undefined;
}
