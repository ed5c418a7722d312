import type {
  QueryTimerOptions,
  PoolHealthCheckerOptions,
  PerformanceOptions,
  PoolsOptions,
  SlowQueryLogOptions,
  StatementCacheOptions,
  StatementsOptions,
} from './database-options.interface.js';
import type { EndpointOptions, LivePageOptions } from './endpoint-options.interface.js';
import type { HttpClientOptions } from './http-client-options.interface.js';
import type { HttpExceptionsOptions, HttpMetricsOptions } from './http-options.interface.js';
import type {
  ClusterOptions,
  HyperMetricsOptions,
  NativeHistogramsOptions,
  SeriesBudgetOptions,
} from './hyper-metrics-options.interface.js';

/**
 * `Options` with every default filled in: no option is `undefined`, except those named in `WithoutDefault`. `Groups` has the
 * resolved types of options that are objects.
 */
type Resolved<Options, WithoutDefault extends keyof Options = never, Groups = unknown> = {
  readonly [Name in keyof Options as Exclude<Name, keyof Groups>]-?: Name extends WithoutDefault
    ? Options[Name] | undefined
    : Exclude<Options[Name], undefined>;
} & Groups;

export type ResolvedHttpExceptionsOptions = Resolved<HttpExceptionsOptions>;
export type ResolvedHttpOptions = Resolved<
  HttpMetricsOptions,
  never,
  { readonly exceptions: false | ResolvedHttpExceptionsOptions }
>;
export type ResolvedHttpClientOptions = Resolved<HttpClientOptions>;
export type ResolvedLivePageOptions = Resolved<LivePageOptions>;
export type ResolvedEndpointOptions = Resolved<
  EndpointOptions,
  'bearerToken' | 'basicAuth' | 'allowIps' | 'port',
  { readonly page: false | ResolvedLivePageOptions }
>;
export type ResolvedClusterOptions = Resolved<ClusterOptions, 'hub'>;
export type ResolvedNativeHistogramsOptions = Resolved<NativeHistogramsOptions>;
export type SeriesBudgetLimits = Resolved<SeriesBudgetOptions>;
export type ResolvedPoolsOptions = Resolved<PoolsOptions, 'leakThresholdMs'>;
export type ResolvedStatementsOptions = Resolved<StatementsOptions>;
export type ResolvedPerformanceOptions = Resolved<
  PerformanceOptions,
  never,
  { readonly statements: false | ResolvedStatementsOptions }
>;
export type ResolvedSlowQueryLogOptions = Resolved<Omit<SlowQueryLogOptions, 'thresholdMs'>>;
export type ResolvedQueryTimerOptions = Resolved<
  QueryTimerOptions,
  never,
  { readonly slowQueryLog: false | ResolvedSlowQueryLogOptions }
>;
export type ResolvedStatementCacheOptions = Resolved<StatementCacheOptions>;
export type ResolvedHealthCheckerOptions = Resolved<PoolHealthCheckerOptions>;

/** The module's options with every default filled in; validated and frozen. */
export type ResolvedOptions = Resolved<
  HyperMetricsOptions,
  'version' | 'registry' | 'slo' | 'dataSources' | 'pushOnShutdown',
  {
    readonly http: false | ResolvedHttpOptions;
    readonly httpClient: false | ResolvedHttpClientOptions;
    readonly endpoint: ResolvedEndpointOptions;
    readonly nativeHistograms: false | ResolvedNativeHistogramsOptions;
    readonly seriesBudget: SeriesBudgetLimits;
    readonly cluster: false | ResolvedClusterOptions;
    readonly pools: false | ResolvedPoolsOptions;
    readonly performance: false | ResolvedPerformanceOptions;
    readonly queryTimer: false | ResolvedQueryTimerOptions;
    readonly statementCache: false | ResolvedStatementCacheOptions;
    readonly healthChecker: false | ResolvedHealthCheckerOptions;
  }
>;
