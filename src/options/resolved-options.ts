import type { HostRegistry } from '../core/host-registry.interface.js';
import type { Instrumentable } from './instrumentable.interface.js';
import type { EndpointBasicAuth, EndpointGuard, EndpointSecret } from './access-options.interface.js';
import type { HttpIgnoreRule, HttpLabelFunction } from './hyper-metrics-options.interface.js';
import type { PushTarget } from './push-options.interface.js';

/** HTTP options with every default filled in. */
export interface ResolvedHttpOptions {
  readonly buckets: readonly number[];
  readonly routes: boolean;
  readonly ignore: readonly HttpIgnoreRule[];
  readonly sizes: boolean;
  readonly labels: Readonly<Record<string, HttpLabelFunction>>;
  readonly handlers: boolean;
  readonly serverTiming: boolean;
}

/** Endpoint options with every default filled in. */
export interface ResolvedEndpointOptions {
  readonly decorators: readonly MethodDecorator[];
  readonly guards: readonly EndpointGuard[];
  readonly bearerToken: EndpointSecret | undefined;
  readonly basicAuth: EndpointBasicAuth | undefined;
  readonly allowIps: readonly string[] | undefined;
  /** `undefined`: on the application's port. */
  readonly port: number | undefined;
  readonly host: string;
  readonly maxConcurrentScrapes: number;
  readonly collectorTimeoutMs: number;
  readonly openMetrics: boolean;
  readonly compression: boolean;
}

/** Options of the pool metrics with every default filled in. */
export interface ResolvedPoolsOptions {
  readonly perPool: boolean;
}

/** Options of performance tracking with every default filled in. */
export interface ResolvedPerformanceOptions {
  readonly slowQueryThresholdMs: number;
  readonly nPlusOneThreshold: number;
  readonly failOnNPlusOne: boolean;
  readonly slowQueryParameters: boolean;
}

/** Options of the query timer with every default filled in. */
export interface ResolvedQueryTimerOptions {
  readonly thresholdMs: number;
  readonly drainTimeoutMs: number;
  readonly slowQueryLog: false | ResolvedSlowQueryLogOptions;
}

/** Options of the slow-query log with every default filled in. */
export interface ResolvedSlowQueryLogOptions {
  readonly table: string;
  readonly flushIntervalSeconds: number;
}

/** Options of the statement cache with every default filled in. */
export interface ResolvedStatementCacheOptions {
  readonly maxEntries: number;
  readonly minUses: number;
  readonly maxTextLength: number;
  readonly deny: readonly (string | RegExp)[];
  readonly planGuard: boolean;
  readonly sessionPooler: boolean;
}

/** Options of the health checker with every default filled in. */
export interface ResolvedHealthCheckerOptions {
  readonly intervalSeconds: number;
  readonly timeoutMs: number;
}

/** Options of metrics of several processes with every default filled in. */
export interface ResolvedClusterOptions {
  readonly timeoutMs: number;
  readonly workerLabel: boolean;
  /** `undefined`: the primary or the main thread. */
  readonly hub: string | undefined;
}

/** Ceilings of the number of series. */
export interface SeriesBudgetLimits {
  readonly perFamily: number;
  readonly total: number;
}

/** Options with every default filled in; validated and frozen. */
export interface ResolvedOptions {
  readonly enabled: boolean;
  readonly path: string;
  readonly prefix: string;
  /** `undefined`: to be found in the application's package.json. */
  readonly version: string | undefined;
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** `undefined`: the process-wide one, prom-client's global registry. */
  readonly registry: HostRegistry | undefined;
  readonly runtimeMetrics: boolean;
  readonly http: false | ResolvedHttpOptions;
  readonly endpoint: ResolvedEndpointOptions;
  readonly seriesBudget: SeriesBudgetLimits;
  readonly cluster: false | ResolvedClusterOptions;
  /** `undefined`: those that are found in the application. */
  readonly dataSources: readonly Instrumentable[] | undefined;
  readonly pools: false | ResolvedPoolsOptions;
  readonly performance: false | ResolvedPerformanceOptions;
  readonly queryTimer: false | ResolvedQueryTimerOptions;
  readonly statementCache: false | ResolvedStatementCacheOptions;
  readonly healthChecker: false | ResolvedHealthCheckerOptions;
  readonly pushOnShutdown: PushTarget | undefined;
}
