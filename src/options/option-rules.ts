import { HTTP_ROUTE_DURATION_SECONDS } from '../catalog/http.catalog.js';
import { FEWEST_NATIVE_BUCKETS, MOST_NATIVE_BUCKETS } from '../core/native-columns.js';
import { bucketsProblem, isLabelName, isMetricName } from '../core/family-definition.js';
import { isHostRegistry } from '../core/host-registry.interface.js';
import type {
  QueryTimerOptions,
  PoolHealthCheckerOptions,
  PerformanceOptions,
  PoolsOptions,
  SlowQueryLogOptions,
  StatementCacheOptions,
  StatementsOptions,
} from './database-options.interface.js';
import {
  DEFAULT_CLUSTER_OPTIONS,
  DEFAULT_HEALTH_CHECKER_OPTIONS,
  DEFAULT_HTTP_CLIENT_OPTIONS,
  DEFAULT_HTTP_EXCEPTIONS_OPTIONS,
  DEFAULT_HTTP_OPTIONS,
  DEFAULT_NATIVE_HISTOGRAMS_OPTIONS,
  DEFAULT_OPTIONS,
  DEFAULT_PERFORMANCE_OPTIONS,
  DEFAULT_POOLS_OPTIONS,
  DEFAULT_QUERY_TIMER_OPTIONS,
  DEFAULT_SLOW_QUERY_LOG_OPTIONS,
  DEFAULT_STATEMENT_CACHE_OPTIONS,
  DEFAULT_STATEMENTS_OPTIONS,
} from './default-options.js';
import { ENDPOINT_RULE } from './endpoint-rules.js';
import type { HttpClientOptions } from './http-client-options.interface.js';
import type { HttpExceptionsOptions, HttpMetricsOptions } from './http-options.interface.js';
import type {
  ClusterOptions,
  HyperMetricsOptions,
  NativeHistogramsOptions,
  SeriesBudgetOptions,
} from './hyper-metrics-options.interface.js';
import { isDataSource, isPool } from './instrumentable.interface.js';
import {
  FLAG,
  groupRule,
  INTERVAL_SECONDS,
  listRule,
  MILLISECONDS,
  type OptionGroup,
  type OptionRules,
  recordRule,
  rule,
  SHARE,
  switchRule,
  TEXT,
  TIMEOUT_MS,
  wholeNumber,
} from './option-rule.js';
import { PUSH_RULE } from './push-rules.js';
import type { LatencyObjective, SloOptions } from './slo-options.interface.js';
import { isTableName } from './sql-table-name.js';

const PLAIN_PATH = /^(\/[A-Za-z0-9._~-]+)+$/;
const DOT_SEGMENT = /\/\.{1,2}(\/|$)/;
/** A host name or an address, with or without a port; no protocol, no path, no credentials. */
const HOST = /^(\[[\da-f:.]+\]|[^\s/:?#@[\]]+)(:\d+)?$/i;
const LABEL_NAMES = 'names have letters, digits and "_", do not start with a digit or "__", and are';
const ROUTE_LABELS: readonly string[] = HTTP_ROUTE_DURATION_SECONDS.labelNames;

const HTTP_EXCEPTIONS_RULES: OptionRules<HttpExceptionsOptions> = { clientErrors: FLAG };

const HTTP_RULES: OptionRules<HttpMetricsOptions> = {
  buckets: { problem: bucketsProblem },
  routes: FLAG,
  ignore: listRule(
    'an array of paths starting with "/", regular expressions, and functions of the request',
    (item) =>
      item instanceof RegExp ||
      typeof item === 'function' ||
      (typeof item === 'string' && item.startsWith('/')),
  ),
  sizes: FLAG,
  labels: recordRule(
    `an object of functions by label name; ${LABEL_NAMES} none of ${ROUTE_LABELS.join(', ')}, le, quantile`,
    (name, compute) => isLabelName(name) && !ROUTE_LABELS.includes(name) && typeof compute === 'function',
  ),
  handlers: FLAG,
  serverTiming: FLAG,
  exceptions: switchRule(HTTP_EXCEPTIONS_RULES, DEFAULT_HTTP_EXCEPTIONS_OPTIONS),
};

const HTTP_CLIENT_RULES: OptionRules<HttpClientOptions> = {
  buckets: { problem: bucketsProblem },
  ignore: listRule(
    'an array of hosts such as "api.example.com" or "localhost:4318", regular expressions, and functions of the request',
    (item) =>
      item instanceof RegExp || typeof item === 'function' || (typeof item === 'string' && HOST.test(item)),
  ),
  maxHosts: wholeNumber(1),
};

const LATENCY_RULES: OptionRules<LatencyObjective> = {
  thresholdSeconds: {
    ...rule(
      'a number of seconds above 0',
      (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
    ),
    required: true,
  },
  objective: { ...SHARE, required: true },
};

const SLO_RULES: OptionRules<SloOptions> = { availability: SHARE, latency: groupRule(LATENCY_RULES) };

const NATIVE_HISTOGRAMS_RULES: OptionRules<NativeHistogramsOptions> = {
  maxBuckets: wholeNumber(FEWEST_NATIVE_BUCKETS, MOST_NATIVE_BUCKETS, 'a whole number from 2 to 10000'),
};

const SERIES_BUDGET_RULES: OptionRules<SeriesBudgetOptions> = {
  perFamily: wholeNumber(1),
  total: wholeNumber(1),
};

const CLUSTER_RULES: OptionRules<ClusterOptions> = { timeoutMs: TIMEOUT_MS, workerLabel: FLAG, hub: TEXT };

const POOLS_RULES: OptionRules<PoolsOptions> = { perPool: FLAG, leakThresholdMs: TIMEOUT_MS };

const STATEMENTS_RULES: OptionRules<StatementsOptions> = { limit: wholeNumber(1) };

const PERFORMANCE_RULES: OptionRules<PerformanceOptions> = {
  slowQueryThresholdMs: MILLISECONDS,
  nPlusOneThreshold: wholeNumber(2),
  nPlusOneIgnore: listRule(
    'an array of non-empty strings and regular expressions',
    (item) => (typeof item === 'string' && item !== '') || item instanceof RegExp,
  ),
  failOnNPlusOne: FLAG,
  slowQueryParameters: FLAG,
  routes: FLAG,
  statements: switchRule(STATEMENTS_RULES, DEFAULT_STATEMENTS_OPTIONS),
};

const SLOW_QUERY_LOG_RULES: OptionRules<Omit<SlowQueryLogOptions, 'thresholdMs'>> = {
  table: rule(
    'a name of letters, digits and "_", with or without a schema',
    (value) => typeof value === 'string' && isTableName(value),
  ),
  flushIntervalSeconds: INTERVAL_SECONDS,
  explain: FLAG,
};

const QUERY_TIMER_RULES: OptionRules<QueryTimerOptions> = {
  thresholdMs: MILLISECONDS,
  drainTimeoutMs: MILLISECONDS,
  slowQueryLog: switchRule(SLOW_QUERY_LOG_RULES, DEFAULT_SLOW_QUERY_LOG_OPTIONS),
};

const STATEMENT_CACHE_RULES: OptionRules<StatementCacheOptions> = {
  maxEntries: wholeNumber(1),
  minUses: wholeNumber(1),
  maxTextLength: wholeNumber(1),
  deny: listRule(
    'an array of strings and regular expressions',
    (item) => typeof item === 'string' || item instanceof RegExp,
  ),
  planGuard: FLAG,
  sessionPooler: FLAG,
};

export const STATEMENT_CACHE_GROUP: OptionGroup = {
  rules: STATEMENT_CACHE_RULES,
  defaults: DEFAULT_STATEMENT_CACHE_OPTIONS,
};

const HEALTH_CHECKER_RULES: OptionRules<PoolHealthCheckerOptions> = {
  intervalSeconds: INTERVAL_SECONDS,
  timeoutMs: TIMEOUT_MS,
  failureThreshold: wholeNumber(1),
};

const OPTION_RULES: OptionRules<HyperMetricsOptions> = {
  enabled: FLAG,
  path: rule(
    'an exact path such as "/metrics": a leading slash, then letters, digits, "-", ".", "_", "~" and "/", ' +
      'without parameters, wildcards, query or trailing slash',
    (value) => typeof value === 'string' && PLAIN_PATH.test(value) && !DOT_SEGMENT.test(value),
  ),
  prefix: rule(
    'a legal metric name ending in "_", such as "myapp_"',
    (value) => typeof value === 'string' && isMetricName(value) && value.endsWith('_'),
  ),
  version: TEXT,
  defaultLabels: recordRule(
    `an object of strings; ${LABEL_NAMES} not "le" or "quantile"`,
    (name, label) => isLabelName(name) && typeof label === 'string',
  ),
  registry: rule('a Registry of prom-client or @prometheus-io/client', isHostRegistry),
  runtimeMetrics: FLAG,
  http: switchRule(HTTP_RULES, DEFAULT_HTTP_OPTIONS),
  httpClient: switchRule(HTTP_CLIENT_RULES, DEFAULT_HTTP_CLIENT_OPTIONS),
  slo: groupRule(SLO_RULES),
  exemplars: rule(
    'true, false or a function that returns labels',
    (value) => typeof value === 'boolean' || typeof value === 'function',
  ),
  endpoint: ENDPOINT_RULE,
  nativeHistograms: switchRule(NATIVE_HISTOGRAMS_RULES, DEFAULT_NATIVE_HISTOGRAMS_OPTIONS),
  seriesBudget: groupRule(SERIES_BUDGET_RULES, DEFAULT_OPTIONS.seriesBudget),
  cluster: switchRule(CLUSTER_RULES, DEFAULT_CLUSTER_OPTIONS),
  dataSources: listRule(
    'an array of TypeORM DataSources and pg Pools',
    (target) => isPool(target) || isDataSource(target),
  ),
  pools: switchRule(POOLS_RULES, DEFAULT_POOLS_OPTIONS),
  performance: switchRule(PERFORMANCE_RULES, DEFAULT_PERFORMANCE_OPTIONS),
  queryTimer: switchRule(QUERY_TIMER_RULES, DEFAULT_QUERY_TIMER_OPTIONS),
  statementCache: switchRule(STATEMENT_CACHE_RULES, DEFAULT_STATEMENT_CACHE_OPTIONS),
  healthChecker: switchRule(HEALTH_CHECKER_RULES, DEFAULT_HEALTH_CHECKER_OPTIONS),
  schedules: FLAG,
  pushOnShutdown: { ...PUSH_RULE, secret: true },
};

/** Every option of the module, by name; options within options are in the `group` of their rule. */
export const OPTION_GROUP: OptionGroup = { rules: OPTION_RULES, defaults: DEFAULT_OPTIONS };
