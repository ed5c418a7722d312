/** One query in the log. */
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

/** What a log has in its table, and what it could not write there. */
export interface SlowQueryLogStats {
  readonly queries: number;
  /** `0` without queries. */
  readonly averageDurationMs: number;
  readonly maxDurationMs: number;
  /** By total time, the slowest first: 20 at most. */
  readonly fingerprints: readonly {
    readonly fingerprint: string;
    readonly queries: number;
    readonly totalDurationMs: number;
    readonly maxDurationMs: number;
  }[];
  /** Logged, and not written yet. */
  readonly pending: number;
  /** Lost by this process, because more came than could be written. */
  readonly dropped: number;
}
