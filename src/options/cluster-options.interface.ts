/** Options of metrics of several processes. */
export interface ClusterOptions {
  /**
   * How long a scrape waits for the other processes, in milliseconds. Whoever does not answer in time is in it as it was when it
   * last did, and is counted in `metrics_collector_errors_total{collector="cluster"}`. A quarter of a second may come on top of it.
   *
   * @defaultValue `1000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether prom-client's process and Node.js metrics (`process_…`, `nodejs_…`) come for each process and thread by itself, with the
   * label `worker`, and not combined. Those of this library keep their labels.
   *
   * @defaultValue `false`
   */
  readonly workerLabel?: boolean | undefined;
  /**
   * The socket of a process that has called `serveClusterHub()`, for processes that others start, such as PM2.
   *
   * @defaultValue none: the primary of `node:cluster`, or the main thread, is asked
   */
  readonly hub?: string | undefined;
}
