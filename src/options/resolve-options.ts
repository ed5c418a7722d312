import { inspect } from 'node:util';
import { HyperMetricsError } from '../core/errors.js';
import type { StatementCacheOptions } from './database-options.interface.js';
import { ENDPOINT_GROUP } from './endpoint-rules.js';
import type { HyperMetricsOptions } from './hyper-metrics-options.interface.js';
import {
  entriesOf,
  findProblems,
  isPlainObject,
  type OptionGroup,
  type OptionProblem,
  type OptionRule,
} from './option-rule.js';
import { OPTION_GROUP, STATEMENT_CACHE_GROUP } from './option-rules.js';
import type { ResolvedOptions, ResolvedStatementCacheOptions } from './resolved-options.js';
import { show, showOption, showUnknownOption } from './show-option.js';

/** Invalid options: the message names each option, its value, and what is allowed. Thrown at start-up. */
export class InvalidOptionsError extends HyperMetricsError {}

/**
 * Merges `options` over the defaults, validates and freezes the result.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveOptions(options: HyperMetricsOptions = {}): ResolvedOptions {
  const problems = isPlainObject(options)
    ? [...findProblems(OPTION_GROUP, options).map(describe), ...conflictsOf(options)]
    : [`the options are ${show(options)}; allowed: an object`];
  rejectIf(problems, 'HyperMetricsModule');
  return resolveGroup(OPTION_GROUP, {
    ...Object.fromEntries(entriesOf(OPTION_GROUP, options)),
    defaultLabels: wellFormed(options.defaultLabels ?? {}),
    endpoint: withOpenMetrics(options),
  }) as ResolvedOptions;
}

/** The text format has no exemplars: they switch OpenMetrics on, unless the application decides. */
function withOpenMetrics({ endpoint = {}, exemplars = false }: HyperMetricsOptions): object {
  const given = Object.fromEntries(entriesOf(ENDPOINT_GROUP, endpoint));
  return { ...given, openMetrics: given['openMetrics'] ?? exemplars !== false };
}

/**
 * Resolves the options of a `new StatementCache()`, as {@link resolveOptions} does.
 *
 * @throws {@link InvalidOptionsError} naming every unknown or invalid option.
 */
export function resolveStatementCacheOptions(options: StatementCacheOptions): ResolvedStatementCacheOptions {
  rejectIf(findProblems(STATEMENT_CACHE_GROUP, options).map(describe), 'StatementCache');
  return resolveGroup(STATEMENT_CACHE_GROUP, options) as ResolvedStatementCacheOptions;
}

function rejectIf(problems: readonly string[], what: string): void {
  if (problems.length > 0) {
    throw new InvalidOptionsError(
      `${what} cannot start with these options:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

function describe({ path, value, allowed, known }: OptionProblem): string {
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  return allowed === undefined
    ? `unknown option ${path} (value ${showUnknownOption(path, value, known)}); ` +
        `allowed: ${known.map((name) => parent + name).join(', ')}`
    : `${path} is ${showOption(path, value)}; allowed: ${allowed}`;
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
  const given = entriesOf(group, options).filter(([, value]) => value !== undefined);
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
