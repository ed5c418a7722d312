export type { CounterChild } from './core/metric/counter.js';
export type { ExemplarLabels } from './core/exemplar.js';
export type { Aggregation, Aggregator, MetricType } from './core/family-definition.js';
export type { StopTimer } from './core/metric/family.js';
export type { GaugeChild } from './core/metric/gauge.js';
export type { HistogramChild } from './core/metric/histogram.js';
export type { HostRegistry } from './core/host-registry.interface.js';
export type { DataSourceLike, Instrumentable, PoolLike } from './options/instrumentable.interface.js';
export type { LabelsByName, LabelValue, LabelValues } from './core/metric/labels.js';
export {
  HyperMetricsError,
  InvalidDefinitionError,
  InvalidLabelsError,
  InvalidValueError,
  MetricConflictError,
  MetricsUnavailableError,
  PushError,
} from './core/errors.js';
export { Counted, type CountedOptions } from './decorators/counted.decorator.js';
export { InFlight, type InFlightOptions } from './decorators/in-flight.decorator.js';
export { InjectMetric } from './decorators/inject-metric.decorator.js';
export type { MethodCall, MethodLabelFunction, MethodLabelOptions } from './decorators/method-labels.js';
export type { MethodMetricOptions } from './decorators/method-metric.js';
export { Timed, type TimedOptions } from './decorators/timed.decorator.js';
export {
  PoolHealthChecker,
  type PoolHealthIndicatorResult,
  type PoolHealthStats,
} from './database/health/pool-health-checker.js';
export type { NPlusOnePattern } from './database/performance/n-plus-one-report.js';
export {
  NPlusOneError,
  type PerformanceStats,
  PerformanceTracker,
} from './database/performance/performance-tracker.js';
export type { StatementRoute, StatementStats } from './database/performance/statement-table.js';
export type { SlowQuery } from './database/performance/recent-slow-queries.js';
export { type HeldConnection, type PoolStats, PoolTracker } from './database/pool/pool-tracker.js';
export { QueryTimer, type QueryTimerStats } from './database/query/query-timer.js';
export { SlowQueryLog } from './database/slow-query-log/slow-query-log.js';
export type {
  ExplainStats,
  LoggedQuery,
  SlowQueryLogStats,
} from './database/slow-query-log/slow-query-log.interface.js';
export { StatementCache, type StatementCacheStats } from './database/statement-cache/statement-cache.js';
export { HttpMetricsInterceptor } from './http/http-metrics.interceptor.js';
export { HyperMetricsModule } from './module/hyper-metrics.module.js';
export type {
  PerformanceOptions,
  PoolHealthCheckerOptions,
  PoolsOptions,
  QueryTimerOptions,
  SlowQueryLogOptions,
  StatementCacheOptions,
  StatementsOptions,
} from './options/database-options.interface.js';
export type {
  EndpointAccessOptions,
  EndpointBasicAuth,
  EndpointGuard,
  EndpointOptions,
  EndpointSecret,
  LivePageOptions,
} from './options/endpoint-options.interface.js';
export { InvalidOptionsError } from './options/resolve-options.js';
export type {
  HttpClientIgnoreRule,
  HttpClientOptions,
  OutgoingRequest,
} from './options/http-client-options.interface.js';
export type {
  HttpExceptionsOptions,
  HttpIgnoreRule,
  HttpLabelContext,
  HttpLabelFunction,
  HttpMetricsOptions,
} from './options/http-options.interface.js';
export type {
  ClusterOptions,
  ExemplarFunction,
  HyperMetricsAsyncOptions,
  HyperMetricsOptions,
  HyperMetricsOptionsFactory,
  NativeHistogramsOptions,
  SeriesBudgetOptions,
} from './options/hyper-metrics-options.interface.js';
export type { PushTarget } from './options/push-options.interface.js';
export type { LatencyObjective, SloOptions } from './options/slo-options.interface.js';
export { getMetricToken } from './options/tokens.js';
export {
  collectMetrics,
  httpRequestDuration,
  httpRequestsInFlight,
  httpRequestsTotal,
  registerHealthChecker,
  registerQueryTimer,
} from './service/functional-api.js';
export type {
  GaugeConfiguration,
  HistogramConfiguration,
  MetricConfiguration,
} from './service/metric-configuration.js';
export {
  defineCounter,
  defineGauge,
  defineHistogram,
  type CounterDefinition,
  type GaugeDefinition,
  type HistogramDefinition,
  type MetricDefinition,
  type MetricOf,
} from './service/metric-definitions.js';
export { Counter, Gauge, Histogram } from './service/metric-types.js';
export { MetricsService } from './service/metrics.service.js';
export type { SampleLabels } from './service/sample-value.js';
