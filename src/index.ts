export { Counter, CounterChild } from './core/counter.js';
export { Gauge, GaugeChild } from './core/gauge.js';
export { Histogram, HistogramChild } from './core/histogram.js';
export type { HostRegistry } from './core/host-registry.interface.js';
export type { LabelValue, LabelValues } from './core/labels.js';
export {
  HyperMetricsError,
  InvalidDefinitionError,
  InvalidLabelsError,
  InvalidValueError,
  MetricConflictError,
} from './core/errors.js';
export { HttpMetricsInterceptor } from './http/http-metrics.interceptor.js';
export { HyperMetricsModule } from './module/hyper-metrics.module.js';
export { InvalidOptionsError } from './options/resolve-options.js';
export type {
  EndpointOptions,
  HttpIgnoreRule,
  HttpLabelContext,
  HttpLabelFunction,
  HttpMetricsOptions,
  HyperMetricsAsyncOptions,
  HyperMetricsOptions,
  HyperMetricsOptionsFactory,
} from './options/hyper-metrics-options.interface.js';
export {
  collectMetrics,
  httpRequestDuration,
  httpRequestsInFlight,
  httpRequestsTotal,
} from './service/functional-api.js';
export type { HistogramConfiguration, MetricConfiguration } from './service/metric-configuration.js';
export { MetricsService } from './service/metrics.service.js';
export type { SampleLabels } from './service/sample-value.js';
