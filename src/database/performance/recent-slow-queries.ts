/** Maximum number of stored queries. */
const MAX_QUERIES = 50;

/** A query that took longer than the threshold. */
export interface SlowQuery {
  /** The statement with `?` in place of values, without control characters. */
  readonly fingerprint: string;
  readonly durationMs: number;
  /** The time of its end. */
  readonly endedAt: Date;
  /** Whether it failed. */
  readonly failed: boolean;
  /** With `performance: { slowQueryParameters: true }`: the first 20, cut to 100 characters each; `undefined` without parameters. */
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
