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

/** Options of the application's query timer. */
export interface DatabaseQueryTimerOptions {
  /**
   * Queries that take longer are slow to `QueryTimer.getStats()` and go to the slow-query log, in milliseconds.
   *
   * @defaultValue `100`
   */
  readonly thresholdMs?: number | undefined;
  /**
   * How long the application's shutdown may wait for queries under way, in milliseconds, before data sources are
   * destroyed (which ends them with an error). `0`: not at all.
   *
   * @defaultValue `0`
   */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * Whether queries that take longer than `thresholdMs` are kept in a table of the database; see {@link SlowQueryLog}.
   *
   * @defaultValue `false`
   */
  readonly slowQueryLog?: boolean | SlowQueryTableOptions | undefined;
}

/** Where and when slow queries are written. */
export interface SlowQueryTableOptions {
  /**
   * The table, with its schema or without: letters, digits and `_`. It is made when it is missing, unlogged where the server
   * can do that: its contents do not survive a crash of the server, and cost it little.
   *
   * @defaultValue `'hyper_metrics_slow_queries'`
   */
  readonly table?: string | undefined;
  /**
   * How often what was logged is written, in seconds.
   *
   * @defaultValue `5`
   */
  readonly flushIntervalSeconds?: number | undefined;
}

/** Options of the application's health checks. */
export interface HealthCheckerOptions {
  /**
   * Seconds from one check to the next; the first one is at start-up.
   *
   * @defaultValue `30`
   */
  readonly intervalSeconds?: number | undefined;
  /**
   * How long the server may take to answer, in milliseconds, connecting included.
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
