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
  }[];
  /** Queries that are not written yet. */
  readonly pending: number;
  /** Queries that this process dropped because too many were pending. */
  readonly dropped: number;
}
