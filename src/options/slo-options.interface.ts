/** Service level objectives for the application's HTTP requests. At least one of them. */
export interface SloOptions {
  /**
   * The share of requests that shall be answered with a status other than 5xx: above 0 and below 1, such as `0.999`.
   *
   * @defaultValue none
   */
  readonly availability?: number | undefined;
  /**
   * How many requests shall be answered how fast.
   *
   * @defaultValue none
   */
  readonly latency?: LatencyObjective | undefined;
}

/** The objective of latency: a share of requests ends within a time. */
export interface LatencyObjective {
  /** The time in seconds, above 0. It becomes a bound of the buckets of both duration histograms. */
  readonly thresholdSeconds: number;
  /** The share of requests: above 0 and below 1, such as `0.99`. */
  readonly objective: number;
}
