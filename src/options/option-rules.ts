import { HTTP_ROUTE_DURATION_SECONDS } from '../catalog/http.catalog.js';
import { bucketsProblem, isLabelName, isMetricName } from '../core/family-definition.js';
import { isTableName } from './sql-table-name.js';
import { isHostRegistry } from '../core/host-registry.interface.js';
import { MAX_TIMER_MS } from '../core/tool/deadline.js';
import { isDataSource, isPool } from './instrumentable.interface.js';
import { ACCESS_RULES, BASIC_AUTH_RULES } from './access-rules.js';
import { isPlainObject, type OptionRule } from './option-rule.js';
import { isPushTarget, PUSH_RULES, PUSH_TARGET_ALLOWED } from './push-rules.js';

const boolean: OptionRule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

const PLAIN_PATH = /^(\/[A-Za-z0-9._~-]+)+$/;
const DOT_SEGMENT = /\/\.{1,2}(\/|$)/;

const path: OptionRule = (value) =>
  typeof value === 'string' && PLAIN_PATH.test(value) && !DOT_SEGMENT.test(value)
    ? undefined
    : 'an exact path such as "/metrics": a leading slash, then letters, digits, "-", ".", "_", "~" and "/", ' +
      'without parameters, wildcards, query or trailing slash';

const prefix: OptionRule = (value) =>
  typeof value === 'string' && isMetricName(value) && value.endsWith('_')
    ? undefined
    : 'a non-empty legal metric name ending in "_", such as "myapp_"';

const nonEmptyText: OptionRule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a non-empty string';

const defaultLabels: OptionRule = (value) => {
  const allowed =
    'an object of strings; names have letters, digits and "_", do not start with a digit or "__", ' +
    'and are not "le" or "quantile"';
  const fits =
    isPlainObject(value) &&
    Object.entries(value).every(([name, label]) => isLabelName(name) && typeof label === 'string');
  return fits ? undefined : allowed;
};

const registry: OptionRule = (value) =>
  isHostRegistry(value) ? undefined : 'a Registry of prom-client or @prometheus-io/client';

const ignore: OptionRule = (value) => {
  const fits =
    Array.isArray(value) &&
    value.every(
      (rule) =>
        rule instanceof RegExp ||
        typeof rule === 'function' ||
        (typeof rule === 'string' && rule.startsWith('/')),
    );
  return fits
    ? undefined
    : 'an array of paths starting with "/", regular expressions, and functions of the request';
};

const ROUTE_LABELS: readonly string[] = HTTP_ROUTE_DURATION_SECONDS.labelNames;

const labels: OptionRule = (value) => {
  const fits =
    isPlainObject(value) &&
    Object.entries(value).every(
      ([name, compute]) => isLabelName(name) && !ROUTE_LABELS.includes(name) && typeof compute === 'function',
    );
  return fits
    ? undefined
    : 'an object of functions by label name; names have letters, digits and "_", do not start with a digit or "__", ' +
        `and are none of ${ROUTE_LABELS.join(', ')}, le, quantile`;
};

const decorators: OptionRule = (value) =>
  Array.isArray(value) && value.every((decorator) => typeof decorator === 'function')
    ? undefined
    : 'an array of method decorators, such as [Public()]';

const HTTP_RULES: Readonly<Record<string, OptionRule>> = {
  buckets: bucketsProblem,
  routes: boolean,
  ignore,
  sizes: boolean,
  labels,
  handlers: boolean,
  serverTiming: boolean,
};

const positiveInteger: OptionRule = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'an integer of at least 1';

const LARGEST_PORT = 65_535;

const timeoutMs: OptionRule = (value) =>
  typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS
    ? undefined
    : `a number of milliseconds above 0, up to ${MAX_TIMER_MS}`;

const port: OptionRule = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST_PORT
    ? undefined
    : `a whole number from 0 (any free port) to ${LARGEST_PORT}; leave it out for the application's own port`;

const ENDPOINT_RULES: Readonly<Record<string, OptionRule>> = {
  decorators,
  ...ACCESS_RULES,
  port,
  host: nonEmptyText,
  maxConcurrentScrapes: positiveInteger,
  collectorTimeoutMs: timeoutMs,
  openMetrics: boolean,
  compression: boolean,
};

const wholeNumber: OptionRule = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a whole number of at least 1';

const SERIES_BUDGET_RULES: Readonly<Record<string, OptionRule>> = {
  perFamily: wholeNumber,
  total: wholeNumber,
};

const milliseconds: OptionRule = (value) =>
  typeof value === 'number' && value >= 0 && value <= MAX_TIMER_MS
    ? undefined
    : `a number of milliseconds from 0 to ${MAX_TIMER_MS}`;

const intervalSeconds: OptionRule = (value) =>
  typeof value === 'number' && value > 0 && value * 1000 <= MAX_TIMER_MS
    ? undefined
    : `a number of seconds above 0, up to ${Math.floor(MAX_TIMER_MS / 1000)}`;

const dataSources: OptionRule = (value) =>
  Array.isArray(value) && value.every((target) => isPool(target) || isDataSource(target))
    ? undefined
    : 'an array of DataSources of TypeORM and Pools of pg';

const POOLS_RULES: Readonly<Record<string, OptionRule>> = { perPool: boolean };

const repetitions: OptionRule = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 2 ? undefined : 'a whole number of at least 2';

const PERFORMANCE_RULES: Readonly<Record<string, OptionRule>> = {
  slowQueryThresholdMs: milliseconds,
  nPlusOneThreshold: repetitions,
  failOnNPlusOne: boolean,
  slowQueryParameters: boolean,
};

const QUERY_TIMER_RULES: Readonly<Record<string, OptionRule>> = {
  thresholdMs: milliseconds,
  drainTimeoutMs: milliseconds,
  slowQueryLog: (value) =>
    typeof value === 'boolean' || isPlainObject(value)
      ? undefined
      : 'true, false or an object of table and flushIntervalSeconds',
};

const tableName: OptionRule = (value) =>
  typeof value === 'string' && isTableName(value)
    ? undefined
    : 'a name of letters, digits and "_", with a schema or without';

const SLOW_QUERY_LOG_RULES: Readonly<Record<string, OptionRule>> = {
  table: tableName,
  flushIntervalSeconds: intervalSeconds,
};

const deny: OptionRule = (value) =>
  Array.isArray(value) && value.every((rule) => typeof rule === 'string' || rule instanceof RegExp)
    ? undefined
    : 'an array of texts and regular expressions';

const STATEMENT_CACHE_RULES: Readonly<Record<string, OptionRule>> = {
  maxEntries: wholeNumber,
  minUses: wholeNumber,
  maxTextLength: wholeNumber,
  deny,
  planGuard: boolean,
  sessionPooler: boolean,
};

const HEALTH_CHECKER_RULES: Readonly<Record<string, OptionRule>> = {
  intervalSeconds,
  timeoutMs,
};

/** Rules of options that can be switched off, and on with options of their own. */
const switchOr =
  (what: string): OptionRule =>
  (value) =>
    typeof value === 'boolean' || isPlainObject(value) ? undefined : `true, false or an object of ${what}`;

const CLUSTER_RULES: Readonly<Record<string, OptionRule>> = {
  timeoutMs,
  workerLabel: boolean,
  hub: nonEmptyText,
};

/** What is allowed within options that are objects, by their paths. */
export const NESTED_RULES: Readonly<Record<string, Readonly<Record<string, OptionRule>>>> = {
  http: HTTP_RULES,
  endpoint: ENDPOINT_RULES,
  'endpoint.basicAuth': BASIC_AUTH_RULES,
  seriesBudget: SERIES_BUDGET_RULES,
  cluster: CLUSTER_RULES,
  pools: POOLS_RULES,
  performance: PERFORMANCE_RULES,
  queryTimer: QUERY_TIMER_RULES,
  'queryTimer.slowQueryLog': SLOW_QUERY_LOG_RULES,
  statementCache: STATEMENT_CACHE_RULES,
  healthChecker: HEALTH_CHECKER_RULES,
  pushOnShutdown: PUSH_RULES,
};

/** Nested objects are looked into by {@link NESTED_RULES}. */
export const OPTION_RULES: Readonly<Record<string, OptionRule>> = {
  enabled: boolean,
  path,
  prefix,
  version: nonEmptyText,
  defaultLabels,
  registry,
  runtimeMetrics: boolean,
  http: switchOr('HTTP options'),
  endpoint: (value) => (isPlainObject(value) ? undefined : 'an object of endpoint options'),
  seriesBudget: (value) => (isPlainObject(value) ? undefined : 'an object of perFamily and total'),
  cluster: switchOr('timeoutMs, workerLabel and hub'),
  dataSources,
  pools: switchOr('perPool'),
  performance: switchOr('slowQueryThresholdMs, nPlusOneThreshold, failOnNPlusOne and slowQueryParameters'),
  queryTimer: switchOr('thresholdMs, drainTimeoutMs and slowQueryLog'),
  statementCache: switchOr('statement cache options'),
  healthChecker: switchOr('intervalSeconds and timeoutMs'),
  pushOnShutdown: (value) => (isPushTarget(value) ? undefined : PUSH_TARGET_ALLOWED),
};

/** Where a value that is missing is no wish for the default: it would open what was to be closed. */
export const NEVER_UNDEFINED: ReadonlySet<OptionRule> = new Set([
  ...Object.values(ACCESS_RULES),
  ...Object.values(BASIC_AUTH_RULES),
  port,
  ...Object.entries(PUSH_RULES).flatMap(([name, rule]) =>
    name === 'url' || name === 'jobName' ? [rule] : [],
  ),
]);
