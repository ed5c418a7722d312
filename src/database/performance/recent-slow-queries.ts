/** Slow queries that are remembered. */
const MAX_QUERIES = 50;

/** One query that took longer than the threshold. */
export interface SlowQuery {
  /** The statement, with `?` in place of values, and without control characters. */
  readonly fingerprint: string;
  readonly durationMs: number;
  /** When it ended. */
  readonly endedAt: Date;
  /** Whether it failed in the end. */
  readonly failed: boolean;
  /** With `performance: { slowQueryParameters: true }`: the first 20, cut to 100 characters each; `undefined` without any. */
  readonly parameters?: readonly string[] | undefined;
}

/** The latest slow queries, the latest first. */
export class RecentSlowQueries {
  private readonly queries: SlowQuery[] = [];

  add(query: SlowQuery): void {
    this.queries.unshift(query);
    if (this.queries.length > MAX_QUERIES) {
      this.queries.pop();
    }
  }

  get all(): readonly SlowQuery[] {
    return [...this.queries];
  }
}
