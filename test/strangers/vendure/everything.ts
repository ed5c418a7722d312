/** Shorter than most uses of a connection, so that there is something to suspect. */
const LEAK_THRESHOLD_MS = 50;

/** Every option that switches something on. */
export const EVERYTHING = {
  nativeHistograms: true,
  exemplars: true,
  httpClient: true,
  cluster: { workerLabel: true },
  slo: { availability: 0.99, latency: { thresholdSeconds: 0.3, objective: 0.95 } },
  http: { sizes: true, handlers: true, serverTiming: true, exceptions: { clientErrors: true } },
  endpoint: { page: true, openMetrics: true },
  pools: { perPool: true, leakThresholdMs: LEAK_THRESHOLD_MS },
  performance: { statements: true, slowQueryThresholdMs: 1, slowQueryParameters: true },
  queryTimer: { thresholdMs: 1, slowQueryLog: { explain: true, flushIntervalSeconds: 1 } },
  healthChecker: { intervalSeconds: 5 },
  statementCache: true,
};

/** An N+1 would end the process, and there is no pooler. */
export const LEFT_OFF = ['performance.failOnNPlusOne', 'statementCache.sessionPooler'];
