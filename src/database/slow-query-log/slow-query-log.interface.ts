/** What became of the fingerprints of slow queries. One that is explained again after an hour counts again. */
export interface ExplainStats {
  /** The server has returned their plan. */
  readonly explained: number;
  /** The server refused to explain them, or did not answer in time. */
  readonly failed: number;
  /** They are no reads, have more than 20,000 characters or several statements, or their server has no generic plans. */
  readonly skipped: number;
}

/** A query in the log. */
export interface LoggedQuery {
  readonly endedAt: Date;
  readonly durationMs: number;
  readonly operation: string;
  /** The statement with `?` in place of values. */
  readonly fingerprint: string;
  /** The route's template, or the name of the unit of work; `undefined` outside of both. */
  readonly route: string | undefined;
  readonly failed: boolean;
  /**
   * The server's generic plan of the statement as JSON of `EXPLAIN (FORMAT JSON)`, with `?` in place of values; with the option
   * `explain` only. `undefined` also for statements that were not explained, and for plans of more than 20,000 characters.
   */
  readonly plan: string | undefined;
}

/** The statistics of a slow-query log. */
export interface SlowQueryLogStats {
  readonly queries: number;
  /** `0` without queries. */
  readonly averageDurationMs: number;
  readonly maxDurationMs: number;
  /** The first 20 by total duration, the slowest first. */
  readonly fingerprints: readonly {
    readonly fingerprint: string;
    readonly queries: number;
    readonly totalDurationMs: number;
    readonly maxDurationMs: number;
    /** The latest plan in the table; see {@link LoggedQuery}. */
    readonly plan: string | undefined;
  }[];
  /** Queries that are not written yet. */
  readonly pending: number;
  /** Queries that this process dropped because too many were pending. */
  readonly dropped: number;
  /** What became of the plans that this process asked for; `undefined` without the option `explain`. */
  readonly plans: ExplainStats | undefined;
}
