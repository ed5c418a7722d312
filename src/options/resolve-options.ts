import { inspect } from 'node:util';
import { HyperMetricsError } from '../core/errors.js';
import type { StatementCacheOptions } from './database-options.interface.js';
import type { HyperMetricsOptions } from './hyper-metrics-options.interface.js';
import {
  copyOptions,
  findProblems,
  isPlainObject,
  type OptionGroup,
  type OptionProblem,
  type OptionRule,
  UnreadableOption,
} from './option-rule.js';
import { OPTION_GROUP, STATEMENT_CACHE_GROUP } from './option-rules.js';
import type { ResolvedOptions, ResolvedStatementCacheOptions } from './resolved-options.js';
import { showOption, showUnknownOption, similarNames } from './show-option.js';

/** Invalid options: the message names each option, its value, and what is allowed. Thrown at start-up. */
export class InvalidOptionsError extends HyperMetricsError {}

/**
 * Merges `options` over the defaults, validates and freezes the result.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveOptions(options: HyperMetricsOptions = {}): ResolvedOptions {
  const given = readOptions(OPTION_GROUP, options, 'HyperMetricsModule', conflictsOf) as HyperMetricsOptions;
  return resolveGroup(OPTION_GROUP, {
    ...given,
    defaultLabels: wellFormed(given.defaultLabels ?? {}),
    endpoint: withOpenMetrics(given),
  }) as ResolvedOptions;
}

/** The text format has no exemplars: they switch OpenMetrics on, unless the application decides. */
function withOpenMetrics({ endpoint = {}, exemplars = false }: HyperMetricsOptions): object {
  return { ...endpoint, openMetrics: endpoint.openMetrics ?? exemplars !== false };
}

/**
 * Resolves the options of a `new StatementCache()`, as {@link resolveOptions} does.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveStatementCacheOptions(options: StatementCacheOptions): ResolvedStatementCacheOptions {
  const given = readOptions(STATEMENT_CACHE_GROUP, options, 'StatementCache');
  return resolveGroup(STATEMENT_CACHE_GROUP, given) as ResolvedStatementCacheOptions;
}

/**
 * Returns a copy of valid options.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
function readOptions(
  group: OptionGroup,
  options: object,
  what: string,
  conflicts: (given: Record<string, unknown>) => string[] = () => [],
): Record<string, unknown> {
  const given = copyOf(group, options);
  const problems = isPlainObject(given)
    ? [...findProblems(group, given).map((problem) => describe(group, problem)), ...conflicts(given)]
    : [`the options are ${showOption('', given)}; allowed: an object`];
  if (problems.length > 0) {
    throw new InvalidOptionsError(
      `${what} cannot start with these options:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
  return given as Record<string, unknown>;
}

function copyOf(group: OptionGroup, options: unknown): unknown {
  try {
    return isPlainObject(options) ? copyOptions(group, options) : options;
  } catch (error) {
    return new UnreadableOption(error);
  }
}

function describe(group: OptionGroup, { path, value, allowed, known }: OptionProblem): string {
  if (allowed !== undefined) {
    return `${path} is ${showOption(path, value)}; allowed: ${allowed}`;
  }
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const name = path.slice(parent.length);
  const elsewhere = pathsOf(group).filter((other) => other.endsWith(`.${name}`));
  const meant = elsewhere.length > 0 ? elsewhere : similarNames(name, known).map((other) => parent + other);
  return (
    `unknown option ${path} (value ${showUnknownOption(path, value, known)}); ` +
    `allowed: ${known.map((other) => parent + other).join(', ')}` +
    (meant.length > 0 ? `. Did you mean ${meant.join(' or ')}?` : '')
  );
}

/** Returns the paths of all options of a group. */
function pathsOf({ rules }: OptionGroup, parent = ''): string[] {
  return Object.entries(rules).flatMap(([name, { group }]) => [
    parent + name,
    ...(group === undefined ? [] : pathsOf(group, `${parent}${name}.`)),
  ]);
}

/** Returns options that are valid on their own and not together. */
function conflictsOf({ http, slo, endpoint }: Record<string, unknown>): string[] {
  return [
    ...(isPlainObject(slo) ? sloConflicts(slo, http) : []),
    ...(isPlainObject(http) ? httpConflicts(http) : []),
    ...(isPlainObject(endpoint) ? endpointConflicts(endpoint) : []),
  ];
}

function httpConflicts({ routes, labels }: Record<string, unknown>): string[] {
  return routes === false && isPlainObject(labels) && Object.keys(labels).length > 0
    ? [
        'http.labels has no effect with http.routes: false: the labels exist only on http_route_duration_seconds. ' +
          'Enable http.routes or remove http.labels',
      ]
    : [];
}

function sloConflicts({ availability, latency }: Record<string, unknown>, http: unknown): string[] {
  if (http === false) {
    return [
      'slo has no effect with http: false: objectives are for HTTP requests. Enable http or remove slo',
    ];
  }
  return availability === undefined && latency === undefined
    ? ['slo has neither availability nor latency; set one of them or both, or remove slo']
    : [];
}

function endpointConflicts({ port, host, guards, decorators }: Record<string, unknown>): string[] {
  if (port === undefined) {
    return host === undefined
      ? []
      : [
          'endpoint.host has no effect without endpoint.port: the application chooses the address of its own port. ' +
            'Set endpoint.port or remove endpoint.host',
        ];
  }
  return Object.entries({ guards, decorators })
    .filter(([, list]) => Array.isArray(list) && list.length > 0)
    .map(
      ([name]) =>
        `endpoint.${name} has no effect with endpoint.port: Nest does not serve that port. ` +
        `Remove one of the two; bearerToken, basicAuth and allowIps control access on endpoint.port`,
    );
}

function resolveGroup(group: OptionGroup, options: object): object {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...group.defaults, ...Object.fromEntries(given) });
  const resolved = Object.fromEntries(
    merged.map(([name, value]) => [name, resolveValue(group.rules[name], value)]),
  );
  const secrets = Object.keys(resolved).filter((name) => group.rules[name]?.secret);
  return Object.freeze(secrets.length > 0 ? unprinted(secrets, resolved) : resolved);
}

function resolveValue(rule: OptionRule | undefined, value: unknown): unknown {
  if (rule?.group !== undefined && value !== undefined && value !== false) {
    return resolveGroup(rule.group, value === true ? {} : (value as object));
  }
  return Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value;
}

/**
 * Leaves credentials out of `inspect()` and `JSON.stringify()`, because logging a service logs its options. The properties stay
 * enumerable, so that a copy of the options keeps the endpoint closed.
 */
function unprinted<T extends object>(names: readonly string[], options: T): T {
  const printable = {
    value: () => Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name))),
  };
  return Object.defineProperties(options, { toJSON: printable, [inspect.custom]: printable });
}

function wellFormed(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.freeze(
    Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.toWellFormed()])),
  );
}
