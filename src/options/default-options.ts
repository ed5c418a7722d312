import { HTTP_DURATION_BUCKETS_SECONDS } from '../catalog/http.catalog.js';
import { HTTP_CLIENT_DURATION_BUCKETS_SECONDS } from '../catalog/http-client.catalog.js';
import { DEFAULT_PREFIX } from '../catalog/metric-name.js';
import type { PushTarget } from './push-options.interface.js';
import type {
  ResolvedClusterOptions,
  ResolvedEndpointOptions,
  ResolvedHealthCheckerOptions,
  ResolvedHttpClientOptions,
  ResolvedHttpExceptionsOptions,
  ResolvedHttpOptions,
  ResolvedLivePageOptions,
  ResolvedNativeHistogramsOptions,
  ResolvedOptions,
  ResolvedPerformanceOptions,
  ResolvedPoolsOptions,
  ResolvedQueryTimerOptions,
  ResolvedSlowQueryLogOptions,
  ResolvedStatementCacheOptions,
  ResolvedStatementsOptions,
} from './resolved-options.js';

export const DEFAULT_HTTP_OPTIONS: ResolvedHttpOptions = {
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  routes: true,
  ignore: [],
  sizes: false,
  labels: {},
  handlers: false,
  serverTiming: false,
  exceptions: false,
};

export const DEFAULT_HTTP_EXCEPTIONS_OPTIONS: ResolvedHttpExceptionsOptions = { clientErrors: false };

export const DEFAULT_HTTP_CLIENT_OPTIONS: ResolvedHttpClientOptions = {
  buckets: HTTP_CLIENT_DURATION_BUCKETS_SECONDS,
  ignore: [],
  maxHosts: 100,
};

export const DEFAULT_ENDPOINT_OPTIONS: ResolvedEndpointOptions = {
  decorators: [],
  guards: [],
  bearerToken: undefined,
  basicAuth: undefined,
  allowIps: undefined,
  port: undefined,
  host: '127.0.0.1',
  maxConcurrentScrapes: 10,
  collectorTimeoutMs: 5000,
  openMetrics: false,
  compression: true,
  page: false,
};

export const DEFAULT_LIVE_PAGE_OPTIONS: ResolvedLivePageOptions = { historyMinutes: 15 };

export const DEFAULT_NATIVE_HISTOGRAMS_OPTIONS: ResolvedNativeHistogramsOptions = { maxBuckets: 160 };

export const DEFAULT_CLUSTER_OPTIONS: ResolvedClusterOptions = {
  timeoutMs: 1000,
  workerLabel: false,
  hub: undefined,
};

export const DEFAULT_POOLS_OPTIONS: ResolvedPoolsOptions = { perPool: false, leakThresholdMs: undefined };

export const DEFAULT_PERFORMANCE_OPTIONS: ResolvedPerformanceOptions = {
  slowQueryThresholdMs: 100,
  nPlusOneThreshold: 5,
  nPlusOneIgnore: [],
  failOnNPlusOne: false,
  slowQueryParameters: false,
  routes: true,
  statements: false,
};

export const DEFAULT_STATEMENTS_OPTIONS: ResolvedStatementsOptions = { limit: 100 };

export const DEFAULT_SLOW_QUERY_LOG_OPTIONS: ResolvedSlowQueryLogOptions = {
  table: 'hyper_metrics_slow_queries',
  flushIntervalSeconds: 5,
  explain: false,
};

export const DEFAULT_QUERY_TIMER_OPTIONS: ResolvedQueryTimerOptions = {
  thresholdMs: 100,
  drainTimeoutMs: 0,
  slowQueryLog: false,
};

export const DEFAULT_STATEMENT_CACHE_OPTIONS: ResolvedStatementCacheOptions = {
  maxEntries: 100,
  minUses: 2,
  maxTextLength: 16_384,
  deny: [],
  planGuard: true,
  sessionPooler: false,
};

export const DEFAULT_HEALTH_CHECKER_OPTIONS: ResolvedHealthCheckerOptions = {
  intervalSeconds: 30,
  timeoutMs: 5000,
  failureThreshold: 1,
};

/** Defaults of the optional properties of a {@link PushTarget}. */
export const DEFAULT_PUSH_OPTIONS = {
  groupings: {},
  mode: 'replace',
  headers: {},
  timeoutMs: 5000,
  retries: 2,
} as const satisfies Partial<PushTarget>;

export const DEFAULT_OPTIONS: ResolvedOptions = {
  enabled: true,
  path: '/metrics',
  prefix: DEFAULT_PREFIX,
  version: undefined,
  defaultLabels: {},
  registry: undefined,
  runtimeMetrics: true,
  http: DEFAULT_HTTP_OPTIONS,
  httpClient: false,
  slo: undefined,
  exemplars: false,
  endpoint: DEFAULT_ENDPOINT_OPTIONS,
  nativeHistograms: false,
  seriesBudget: { perFamily: 2000, total: 50_000 },
  cluster: false,
  dataSources: undefined,
  pools: DEFAULT_POOLS_OPTIONS,
  performance: DEFAULT_PERFORMANCE_OPTIONS,
  queryTimer: DEFAULT_QUERY_TIMER_OPTIONS,
  statementCache: false,
  healthChecker: DEFAULT_HEALTH_CHECKER_OPTIONS,
  schedules: true,
  pushOnShutdown: undefined,
};
