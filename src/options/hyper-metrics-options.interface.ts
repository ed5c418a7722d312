import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HostRegistry } from '../core/host-registry.interface.js';
import type { Instrumentable } from './instrumentable.interface.js';
import type { EndpointAccessOptions } from './access-options.interface.js';
import type { ClusterOptions } from './cluster-options.interface.js';
import type {
  PerformanceOptions,
  PoolHealthCheckerOptions,
  PoolsOptions,
  QueryTimerOptions,
  StatementCacheOptions,
} from './database-options.interface.js';
import type { PushTarget } from './push-options.interface.js';

/** Which requests leave no trace in the metrics: a path (without query) as the router compares paths, a pattern of paths, or a predicate. */
export type HttpIgnoreRule = string | RegExp | ((request: IncomingMessage) => boolean);

/** What a function of `http.labels` gets, when the response has ended. */
export interface HttpLabelContext<Request = IncomingMessage, Response = ServerResponse> {
  /** The framework's request (with what guards put on it), or Node's when the framework never had it. */
  readonly request: Request;
  /** The framework's response or reply, or Node's. */
  readonly response: Response;
  /** The label `route`: the template, a mount path, `<middleware>` or `<unmatched>`. */
  readonly route: string;
  readonly status: number;
}

/**
 * Computes one label. Its parameter may be annotated with the framework's own types, which have nothing in common:
 * Express' request extends Node's, Fastify's does not.
 */
export type HttpLabelFunction = (
  // oxlint-disable-next-line typescript/no-explicit-any
  context: HttpLabelContext<any, any>,
) => string | number | boolean;

/** Options of the HTTP metrics. */
export interface HttpMetricsOptions {
  /**
   * Upper bounds of both duration histograms in seconds, rising, without `+Inf`. Changing them takes the
   * contract's dashboards other buckets to work with.
   *
   * @defaultValue the reference document's twelve, from 1 ms to 10 s
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Whether `http_route_duration_seconds` (labels method, route, status) is exported.
   *
   * @defaultValue `true`
   */
  readonly routes?: boolean | undefined;
  /**
   * Requests that are not recorded at all. Scrapes never are. Strings match the whole path as the
   * router compares paths, regular expressions are tested against the path; neither sees the query string.
   *
   * @defaultValue `[]`
   */
  readonly ignore?: readonly HttpIgnoreRule[] | undefined;
  /**
   * Whether `http_request_size_bytes` and `http_response_size_bytes` (labels method, route) are exported. Counts bytes
   * as they pass, with or without `Content-Length`.
   *
   * @defaultValue `false`
   */
  readonly sizes?: boolean | undefined;
  /**
   * Labels of your own on `http_route_duration_seconds`, computed by synchronous functions at the response's end.
   * Each takes at most 100 different values of at most 128 characters; further values become `other`. A function that
   * throws or does not return a string, number or boolean yields `unknown`; that, and blocking for over 10 ms, is
   * counted in `metrics_collector_errors_total{collector="http.labels.<name>"}`.
   *
   * @defaultValue `{}`
   * @example { tenant: ({ request }: HttpLabelContext<AuthenticatedRequest>) => request.user?.tenant ?? 'none' }
   */
  readonly labels?: Readonly<Record<string, HttpLabelFunction>> | undefined;
  /**
   * Whether {@link HttpMetricsInterceptor} is bound globally and records `handler_duration_seconds`. Costs what every
   * global interceptor of Nest costs; unneeded, it is not there at all.
   *
   * @defaultValue `false`
   */
  readonly handlers?: boolean | undefined;
  /**
   * Whether responses have a `Server-Timing` header with the number and the time of the queries up to then, which browsers
   * show. Anybody who gets the response can read it.
   *
   * @defaultValue `false`
   */
  readonly serverTiming?: boolean | undefined;
}

/** Options of the scrape endpoint. */
export interface EndpointOptions extends EndpointAccessOptions {
  /**
   * Decorators of the application that are put on the endpoint's handler, such as the `@Public()` that an
   * application-wide authentication guard looks for. Decorators that bring guard, interceptor, pipe or filter
   * *classes* work with `forRoot()`; `forRootAsync()` knows them too late and takes instances only.
   *
   * @defaultValue `[]`
   */
  readonly decorators?: readonly MethodDecorator[] | undefined;
  /**
   * Serves the metrics on a port of their own, by a plain HTTP server, and no longer on the application's; also in applications
   * without HTTP. `0`: any free one, see {@link MetricsService.endpointUrl}. A port that is taken stops the start.
   *
   * @defaultValue none: on the application's port
   */
  readonly port?: number;
  /**
   * The address that the port of its own is on; `'0.0.0.0'` or `'::'` for all of the machine's.
   *
   * @defaultValue `'127.0.0.1'`: only this machine reaches it
   */
  readonly host?: string | undefined;
  /**
   * How many scrapes may be under way at once, from the request until the operating system has the whole answer. Further ones are
   * answered with 503 and `Retry-After`, unless a client that is under way has taken nothing of its answer for a second: it is
   * disconnected and loses its place. Whoever has not taken the whole answer within a minute is disconnected in any case.
   *
   * @defaultValue `10`
   */
  readonly maxConcurrentScrapes?: number | undefined;
  /**
   * How long a scrape waits for one collector, or for one metric of another client in the same registry. What is late is
   * absent from that scrape and counted in `metrics_collector_errors_total`. Of applications that share a registry the
   * longest holds. A scrape waits no longer than its client does: Prometheus sends its `scrape_timeout` along
   * (`X-Prometheus-Scrape-Timeout-Seconds`), of which half a second is left for the answer itself.
   *
   * @defaultValue `5000`
   */
  readonly collectorTimeoutMs?: number | undefined;
  /**
   * Whether scrapes that prefer OpenMetrics 1.0 (`Accept`) get it. Series have the same names and labels in both formats.
   *
   * @defaultValue `false`: everybody gets the text format 0.0.4
   */
  readonly openMetrics?: boolean | undefined;
  /**
   * Whether answers of 1 KiB and more are compressed with gzip for clients that accept it (`Accept-Encoding`).
   *
   * @defaultValue `true`
   */
  readonly compression?: boolean | undefined;
}

/** Options of `HyperMetricsModule.forRoot()`. */
export interface HyperMetricsOptions {
  /**
   * `false`: there is no endpoint (404) and nothing is recorded, but everything injectable still injects.
   *
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined;
  /**
   * Path of the scrape endpoint: exactly this, outside the global prefix and every kind of versioning.
   *
   * @defaultValue `'/metrics'`
   */
  readonly path?: string | undefined;
  /**
   * Prefix of every family of this library; non-empty, a legal metric name, ending in `_`. Metrics that you define
   * keep the names you give.
   *
   * @defaultValue `'hyperdjango_'`, the reference document's
   */
  readonly prefix?: string | undefined;
  /**
   * Your application's version: label `version` of `<prefix>info`.
   *
   * @defaultValue the version in the package.json nearest above the main script, else `0.0.0`
   */
  readonly version?: string | undefined;
  /**
   * Constant labels on every series of this library. A series' own label of the same name wins. They are never set
   * on the host's registry.
   *
   * @defaultValue `{}`
   */
  readonly defaultLabels?: Readonly<Record<string, string>> | undefined;
  /**
   * Where the families are registered, so that metrics made with a Prometheus client are exported too: a registry
   * of `prom-client` or `@prometheus-io/client`.
   *
   * @defaultValue prom-client's global `register`
   */
  readonly registry?: HostRegistry | undefined;
  /**
   * prom-client's default process and Node.js metrics under their standard names, once per registry, leaving out
   * names that you registered yourself.
   *
   * @defaultValue `true`
   */
  readonly runtimeMetrics?: boolean | undefined;
  /**
   * HTTP request metrics; `false` switches them off.
   *
   * @defaultValue `true`
   */
  readonly http?: boolean | HttpMetricsOptions | undefined;
  /** The scrape endpoint. */
  readonly endpoint?: EndpointOptions | undefined;
  /**
   * How many series the labelled families of this library and of your own may have, each and in total; one of the two
   * suffices, the other keeps its default. Past it, samples go to one overflow series per family, whose labels are all
   * `other`, and are counted in `metrics_series_dropped_total{family}`; of a gauge the last writer wins there. The contract's
   * families have few series and no limit. `{ perFamily: 1e9, total: 1e9 }` lifts it.
   *
   * @defaultValue `{ perFamily: 2000, total: 50000 }`
   */
  readonly seriesBudget?: SeriesBudgetOptions | undefined;
  /**
   * Whether the endpoint, `collect()` and `getValue()` answer for all workers of `node:cluster` and all threads of the same prefix.
   * The primary, or main thread, calls `setUpClusterPrimary()` once.
   *
   * @defaultValue `false`: each process answers for itself
   */
  readonly cluster?: boolean | ClusterOptions | undefined;
  /**
   * The databases to watch: data sources of TypeORM and pools of `pg`, initialised or not.
   *
   * @defaultValue every `DataSource` of TypeORM that is a provider of the application
   */
  readonly dataSources?: readonly Instrumentable[] | undefined;
  /**
   * The gauges, acquire times and connection counts of the pools of `pg`; `false` switches them off.
   *
   * @defaultValue `true`, when there is a data source with such pools
   */
  readonly pools?: boolean | PoolsOptions | undefined;
  /**
   * Queries per request, slow ones and N+1 patterns; `false` switches them off.
   *
   * @defaultValue `true`, when there is a data source
   */
  readonly performance?: boolean | PerformanceOptions | undefined;
  /**
   * The time, number and errors of queries; `false` switches them off.
   *
   * @defaultValue `true`, when there is a data source
   */
  readonly queryTimer?: boolean | QueryTimerOptions | undefined;
  /**
   * Whether statements are named, so that the server parses and plans them once a connection; see {@link StatementCache}
   * for what that costs and risks. Its families are exported either way.
   *
   * @defaultValue `false`
   */
  readonly statementCache?: boolean | StatementCacheOptions | undefined;
  /**
   * Health checks of the pools of `pg`; `false` switches them off.
   *
   * @defaultValue `true`, when there is a data source with such pools
   */
  readonly healthChecker?: boolean | PoolHealthCheckerOptions | undefined;
  /**
   * The Pushgateway that gets the metrics when the application closes, for jobs that end before anybody scrapes them: after
   * their last query and request, and before `app.close()` resolves. A push that fails is logged; the application closes all
   * the same. See {@link MetricsService.push} for pushes at other times.
   *
   * @defaultValue none
   */
  readonly pushOnShutdown?: PushTarget | undefined;
}

/** Ceilings of the number of series; whole numbers of at least 1. */
export interface SeriesBudgetOptions {
  /** @defaultValue `2000` */
  readonly perFamily?: number | undefined;
  /** @defaultValue `50000` */
  readonly total?: number | undefined;
}

/** Makes the options for `forRootAsync({ useClass })` and `useExisting`. */
export interface HyperMetricsOptionsFactory {
  createHyperMetricsOptions(): HyperMetricsOptions | Promise<HyperMetricsOptions>;
}

/** Options of `HyperMetricsModule.forRootAsync()`: exactly one of the three `use…` keys. */
export interface HyperMetricsAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Providers that `useFactory` gets as arguments. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory?: (...dependencies: never[]) => HyperMetricsOptions | Promise<HyperMetricsOptions>;
  /** A class that the module instantiates. */
  readonly useClass?: Type<HyperMetricsOptionsFactory>;
  /** A provider that exists in `imports` or globally. */
  readonly useExisting?: InjectionToken<HyperMetricsOptionsFactory>;
}
