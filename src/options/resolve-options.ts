import { inspect } from 'node:util';
import { HyperMetricsError } from '../core/errors.js';
import {
  DEFAULT_CLUSTER_OPTIONS,
  DEFAULT_ENDPOINT_OPTIONS,
  DEFAULT_HEALTH_CHECKER_OPTIONS,
  DEFAULT_HTTP_OPTIONS,
  DEFAULT_OPTIONS,
  DEFAULT_PERFORMANCE_OPTIONS,
  DEFAULT_POOLS_OPTIONS,
  DEFAULT_QUERY_TIMER_OPTIONS,
  DEFAULT_SLOW_QUERY_LOG_OPTIONS,
  DEFAULT_STATEMENT_CACHE_OPTIONS,
} from './default-options.js';
import type { StatementCacheOptions } from './database-options.interface.js';
import type { HyperMetricsOptions } from './hyper-metrics-options.interface.js';
import { isPlainObject, type OptionRule } from './option-rule.js';
import { NESTED_RULES, NEVER_UNDEFINED, OPTION_RULES } from './option-rules.js';
import type { ResolvedOptions, ResolvedStatementCacheOptions } from './resolved-options.js';
import { show, showOption, showUnknownOption } from './show-option.js';

/** Options that cannot be used: names each option, its value, and what is allowed. Thrown at start-up. */
export class InvalidOptionsError extends HyperMetricsError {}

/**
 * Merges `options` over the defaults, validates and freezes the result.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveOptions(options: HyperMetricsOptions = {}): ResolvedOptions {
  const problems = isPlainObject(options)
    ? findProblems(options)
    : [`the options are ${show(options)}; allowed: an object`];
  rejectIf(problems, 'HyperMetricsModule');
  const { http, endpoint, defaultLabels, seriesBudget, dataSources } = options;
  const queryTimer = switched(DEFAULT_QUERY_TIMER_OPTIONS, options.queryTimer);
  return unprinted(['pushOnShutdown'], {
    ...mergeDefined(DEFAULT_OPTIONS, options),
    defaultLabels: Object.freeze(wellFormed(defaultLabels ?? DEFAULT_OPTIONS.defaultLabels)),
    http: switched(DEFAULT_HTTP_OPTIONS, http),
    endpoint: unprinted(['bearerToken', 'basicAuth'], {
      ...mergeDefined(DEFAULT_ENDPOINT_OPTIONS, endpoint ?? {}),
      basicAuth: endpoint?.basicAuth && Object.freeze(copyOf(endpoint.basicAuth, 'endpoint.basicAuth')),
    }),
    seriesBudget: Object.freeze(mergeDefined(DEFAULT_OPTIONS.seriesBudget, seriesBudget ?? {})),
    cluster:
      (options.cluster ?? false) === false ? false : switched(DEFAULT_CLUSTER_OPTIONS, options.cluster),
    dataSources: dataSources && Object.freeze([...dataSources]),
    pools: switched(DEFAULT_POOLS_OPTIONS, options.pools),
    performance: switched(DEFAULT_PERFORMANCE_OPTIONS, options.performance),
    queryTimer:
      queryTimer &&
      Object.freeze({
        ...queryTimer,
        slowQueryLog: switchedOn(DEFAULT_SLOW_QUERY_LOG_OPTIONS, queryTimer.slowQueryLog),
      }),
    statementCache: switchedOn(DEFAULT_STATEMENT_CACHE_OPTIONS, options.statementCache),
    healthChecker: switched(DEFAULT_HEALTH_CHECKER_OPTIONS, options.healthChecker),
    pushOnShutdown: options.pushOnShutdown && Object.freeze(copyOf(options.pushOnShutdown, 'pushOnShutdown')),
  });
}

/**
 * As {@link resolveOptions}, of a statement cache that is made by hand.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveStatementCacheOptions(options: StatementCacheOptions): ResolvedStatementCacheOptions {
  rejectIf(problemsOf({ ...options }, NESTED_RULES['statementCache'] ?? {}, ''), 'StatementCache');
  return Object.freeze(mergeDefined(DEFAULT_STATEMENT_CACHE_OPTIONS, options));
}

function rejectIf(problems: readonly string[], what: string): void {
  if (problems.length > 0) {
    throw new InvalidOptionsError(
      `${what} cannot start with these options:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

function switched<T extends object>(defaults: T, option: boolean | object | undefined): false | Readonly<T> {
  return option === false
    ? false
    : Object.freeze(mergeDefined(defaults, isPlainObject(option) ? option : {}));
}

/** As {@link switched}, of what is off unless it is asked for. */
function switchedOn<T extends object>(
  defaults: T,
  option: boolean | object | undefined,
): false | Readonly<T> {
  return switched(defaults, option ?? false);
}

function findProblems(options: Record<string, unknown>): string[] {
  const { http, endpoint } = options;
  return [
    ...problemsOf(options, OPTION_RULES, ''),
    ...Object.entries(NESTED_RULES).flatMap(([path, rules]) => {
      const nested = valueAt(options, path);
      return isPlainObject(nested) ? problemsOf(nested, rules, `${path}.`) : [];
    }),
    ...(isPlainObject(http) ? httpConflicts(http) : []),
    ...(isPlainObject(endpoint) ? endpointConflicts(endpoint) : []),
  ];
}

function valueAt(options: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isPlainObject(value) ? value[name] : undefined), options);
}

/** Options that are right each, and do nothing together. */
function httpConflicts({ routes, labels }: Record<string, unknown>): string[] {
  return routes === false && isPlainObject(labels) && Object.keys(labels).length > 0
    ? [
        'http.labels are given with http.routes: false; allowed: both on, as the labels are on the route family only',
      ]
    : [];
}

/** What a port of its own does not have, and must not be believed to have; and what nothing else has. */
function endpointConflicts({ port, host, guards, decorators }: Record<string, unknown>): string[] {
  if (port === undefined) {
    return host === undefined
      ? []
      : ['endpoint.host is given without endpoint.port; allowed: both, as the application listens by itself'];
  }
  return Object.entries({ guards, decorators })
    .filter(([, list]) => Array.isArray(list) && list.length > 0)
    .map(
      ([name]) =>
        `endpoint.${name} are given with endpoint.port; allowed: one of them, as Nest does not serve that port. ` +
        'There bearerToken, basicAuth and allowIps say who may scrape',
    );
}

function problemsOf(
  options: Record<string, unknown>,
  rules: Readonly<Record<string, OptionRule>>,
  parent: string,
): string[] {
  return entriesOf(options, rules).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).map((option) => parent + option);
      return [
        `unknown option ${parent}${name} (value ${showUnknownOption(parent + name, value, Object.keys(rules))}); ` +
          `allowed: ${known.join(', ')}`,
      ];
    }
    const allowed = value === undefined && !NEVER_UNDEFINED.has(rule) ? undefined : rule(value);
    return allowed === undefined
      ? []
      : [`${parent}${name} is ${showOption(parent + name, value)}; allowed: ${allowed}`];
  });
}

/** Also what a class has as getters or inherits, of what is known: no option may be lost by the way it is written. */
function entriesOf(options: object, known: object): [string, unknown][] {
  const names = new Set([...Object.keys(options), ...Object.keys(known).filter((name) => name in options)]);
  return [...names].map((name) => [name, (options as Record<string, unknown>)[name]]);
}

function copyOf<T extends object>(options: T, path: string): T {
  return Object.fromEntries(entriesOf(options, NESTED_RULES[path] ?? {})) as T;
}

/** `undefined` asks for the default, as with a missing environment variable. */
function mergeDefined<T extends object>(defaults: T, options: object): T {
  const defined = entriesOf(options, defaults).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...defaults, ...Object.fromEntries(defined) });
  return Object.fromEntries(
    merged.map(([name, value]) => [name, Array.isArray(value) ? Object.freeze([...value]) : value]),
  ) as T;
}

/**
 * Frozen, and without credentials for `inspect()` and `JSON.stringify()`: whoever logs a service logs its options. The properties
 * themselves stay as others are, so that no copy of the options can lose what closes the endpoint.
 */
function unprinted<T extends object>(names: readonly (keyof T & string)[], options: T): Readonly<T> {
  const hidden: ReadonlySet<string> = new Set(names);
  const printable = {
    value: () => Object.fromEntries(Object.entries(options).filter(([name]) => !hidden.has(name))),
  };
  return Object.freeze(Object.defineProperties(options, { toJSON: printable, [inspect.custom]: printable }));
}

function wellFormed(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.toWellFormed()]));
}
