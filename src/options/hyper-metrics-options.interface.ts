import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { ExemplarLabels } from '../core/exemplar.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import type {
  PerformanceOptions,
  PoolHealthCheckerOptions,
  PoolsOptions,
  QueryTimerOptions,
  StatementCacheOptions,
} from './database-options.interface.js';
import type { EndpointOptions } from './endpoint-options.interface.js';
import type { HttpClientOptions } from './http-client-options.interface.js';
import type { HttpMetricsOptions } from './http-options.interface.js';
import type { Instrumentable } from './instrumentable.interface.js';
import type { PushTarget } from './push-options.interface.js';
import type { SloOptions } from './slo-options.interface.js';

/** Options of `HyperMetricsModule.forRoot()`. */
export interface HyperMetricsOptions {
  /**
   * Whether anything is recorded. With `false` the endpoint answers 404; all providers can still be injected.
   *
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined;
  /**
   * Path of the scrape endpoint, not affected by the global prefix or versioning.
   *
   * @defaultValue `'/metrics'`
   */
  readonly path?: string | undefined;
  /**
   * Prefix of every family of this library: a legal metric name that ends in `_`. Metrics that you define keep their names.
   *
   * @defaultValue `'hyperdjango_'`, the reference document's
   */
  readonly prefix?: string | undefined;
  /**
   * Your application's version, for the label `version` of `<prefix>info`.
   *
   * @defaultValue the version in the package.json nearest to the main script, or `0.0.0`
   */
  readonly version?: string | undefined;
  /**
   * Constant labels of every series of this library. A series' own label of the same name takes precedence. The host's
   * registry is not changed.
   *
   * @defaultValue `{}`
   */
  readonly defaultLabels?: Readonly<Record<string, string>> | undefined;
  /**
   * The registry of `prom-client` or `@prometheus-io/client` in which the families are registered. Its other metrics are
   * exported too.
   *
   * @defaultValue prom-client's global `register`
   */
  readonly registry?: HostRegistry | undefined;
  /**
   * Whether prom-client's default process and Node.js metrics are exported under their standard names, once per registry, and
   * `eventloop_utilization_ratio`, `process_memory_limit_bytes` and `process_cpu_limit_cores` of this library. Names that you have
   * registered are left to you.
   *
   * @defaultValue `true`
   */
  readonly runtimeMetrics?: boolean | undefined;
  /**
   * The HTTP request metrics; `false` switches them off.
   *
   * @defaultValue `true`
   */
  readonly http?: boolean | HttpMetricsOptions | undefined;
  /**
   * The metrics of outgoing requests of `node:http`, `node:https`, `fetch()` and undici. They come from Node's
   * `diagnostics_channel`; nothing is patched.
   *
   * @defaultValue `false`
   */
  readonly httpClient?: boolean | HttpClientOptions | undefined;
  /**
   * Service level objectives for HTTP requests, exported as `slo_objective_ratio` and `slo_latency_threshold_seconds`. The alert rules of
   * `nestjs-hyper-metrics/monitoring` read them from there.
   *
   * @defaultValue none
   * @example { availability: 0.999, latency: { thresholdSeconds: 0.25, objective: 0.99 } }
   */
  readonly slo?: SloOptions | undefined;
  /**
   * Whether durations and errors have exemplars, which lead from a bucket to a trace. `true` takes the labels `trace_id` and `span_id`
   * from OpenTelemetry's active span if its API is in the process, else from the header `traceparent` of the request; only sampled
   * traces. A function returns labels of your own tracer, or `undefined` outside of traces; it is called for each measurement, where it
   * begins, and must be synchronous.
   *
   * A bucket takes at most one new exemplar a second. Labels over 128 characters, invalid ids and errors of the tracer are dropped and
   * counted in `metrics_collector_errors_total{collector="exemplars"}`. Clients that prefer OpenMetrics get it, unless
   * `endpoint.openMetrics` is `false`: the text format has no exemplars.
   *
   * @defaultValue `false`
   * @example () => ({ trace_id: tracer.scope().active()?.context().toTraceId() })
   */
  readonly exemplars?: boolean | ExemplarFunction | undefined;
  /**
   * Whether the durations of this library are native histograms, too: exponential buckets without fixed bounds, next to their classic
   * buckets. Prometheus stores them if it is configured for native histograms. Your own histograms have them with `native: true`,
   * whatever this option is; its `maxBuckets` applies to them.
   *
   * @defaultValue `false`
   */
  readonly nativeHistograms?: boolean | NativeHistogramsOptions | undefined;
  /** The scrape endpoint. */
  readonly endpoint?: EndpointOptions | undefined;
  /**
   * Maximum number of series of labelled families, this library's and your own: per family and in total. Past it, samples go
   * to one overflow series per family, whose labels are all `other`, and are counted in
   * `metrics_series_dropped_total{family}`. A gauge's overflow series has the value set last. The contract's families have few
   * series and no limit. `{ perFamily: 1e9, total: 1e9 }` lifts the limits.
   *
   * @defaultValue `{ perFamily: 2000, total: 50000 }`
   */
  readonly seriesBudget?: SeriesBudgetOptions | undefined;
  /**
   * Whether the endpoint, `collect()` and `getValue()` aggregate all workers of `node:cluster` and all threads with the same
   * prefix. The primary, or the main thread, must call `setUpClusterPrimary()` once.
   *
   * @defaultValue `false`: each process exports its own metrics
   */
  readonly cluster?: boolean | ClusterOptions | undefined;
  /**
   * The databases to instrument: data sources of TypeORM and pools of `pg`, initialised or not.
   *
   * @defaultValue every `DataSource` of TypeORM and every `Pool` of `pg` that is a provider of the application
   */
  readonly dataSources?: readonly Instrumentable[] | undefined;
  /**
   * The gauges, acquire times and connection counts of the pools of `pg`; `false` switches them off.
   *
   * @defaultValue `true`, if there is a data source with such pools
   */
  readonly pools?: boolean | PoolsOptions | undefined;
  /**
   * Detection of queries per request, slow queries and N+1 patterns; `false` switches it off.
   *
   * @defaultValue `true`, if there is a data source
   */
  readonly performance?: boolean | PerformanceOptions | undefined;
  /**
   * The duration, number and errors of queries; `false` switches them off.
   *
   * @defaultValue `true`, if there is a data source
   */
  readonly queryTimer?: boolean | QueryTimerOptions | undefined;
  /**
   * Whether statements are prepared under a name, so that the server parses and plans them once per connection. See
   * {@link StatementCache} for costs and risks. Its families are exported either way.
   *
   * @defaultValue `false`
   */
  readonly statementCache?: boolean | StatementCacheOptions | undefined;
  /**
   * The health checks of the pools of `pg`; `false` switches them off.
   *
   * @defaultValue `true`, if there is a data source with such pools
   */
  readonly healthChecker?: boolean | PoolHealthCheckerOptions | undefined;
  /**
   * Whether runs of scheduled jobs are recorded: of `@Cron()`, `@Interval()` and `@Timeout()` of `@nestjs/schedule`, and of jobs added
   * to its `SchedulerRegistry`. Each run is a unit of work, whose queries count under the route `job:<name>`.
   *
   * @defaultValue `true`, if the application imports `ScheduleModule`
   */
  readonly schedules?: boolean | undefined;
  /**
   * The Pushgateway to push to when the application closes, for jobs that end before a scrape. The push comes after the last
   * query and request, and before `app.close()` resolves. A failed push is logged and does not keep the application from
   * closing. See {@link MetricsService.push} for pushes at other times.
   *
   * @defaultValue none
   */
  readonly pushOnShutdown?: PushTarget | undefined;
}

/** Returns what identifies the event that the running code belongs to. Labels without a value are dropped. */
export type ExemplarFunction = () => ExemplarLabels | undefined;

/** Options of native histograms. */
export interface NativeHistogramsOptions {
  /**
   * Maximum number of populated buckets of a series, from 2 to 10000. A series begins with 256 buckets for each power of two, and halves
   * this resolution whenever it would need more buckets. 160 buckets take 5 to 6 kB, and keep the error of quantiles of
   * durations between 1 ms and 10 s below 2 %.
   *
   * @defaultValue `160`
   */
  readonly maxBuckets?: number | undefined;
}

/** Limits of the number of series: whole numbers of at least 1. */
export interface SeriesBudgetOptions {
  /**
   * Series of one family.
   *
   * @defaultValue `2000`
   */
  readonly perFamily?: number | undefined;
  /**
   * Series of all families.
   *
   * @defaultValue `50000`
   */
  readonly total?: number | undefined;
}

/** Options of metrics of several processes. */
export interface ClusterOptions {
  /**
   * How long a scrape waits for the other processes, in milliseconds. A process that does not answer in time is represented by
   * its last answer and counted in `metrics_collector_errors_total{collector="cluster"}`. Up to 250 ms may be added to it.
   *
   * @defaultValue `1000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether prom-client's process and Node.js metrics (`process_…`, `nodejs_…`) are exported per process and thread, with the
   * label `worker`, and not aggregated. This library's own metrics are aggregated either way.
   *
   * @defaultValue `false`
   */
  readonly workerLabel?: boolean | undefined;
  /**
   * Path of the socket that the hub opened with `serveClusterHub(path)`. For processes that a process manager such as PM2 starts.
   *
   * @defaultValue none: the primary of `node:cluster`, or the main thread
   */
  readonly hub?: string | undefined;
}

/** Creates the options for `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface HyperMetricsOptionsFactory {
  createHyperMetricsOptions(): HyperMetricsOptions | Promise<HyperMetricsOptions>;
}

/** Options of `HyperMetricsModule.forRootAsync()`. Set exactly one of `useFactory`, `useClass` and `useExisting`. */
export interface HyperMetricsAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Tokens of the providers that are passed to `useFactory`. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory?: (...dependencies: never[]) => HyperMetricsOptions | Promise<HyperMetricsOptions>;
  /** A class that the module instantiates. */
  readonly useClass?: Type<HyperMetricsOptionsFactory>;
  /** The token of a provider in `imports` or in a global module. */
  readonly useExisting?: InjectionToken<HyperMetricsOptionsFactory>;
}
