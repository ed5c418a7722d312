export { assertMetricDelta, type ExpectedMetricDelta } from './testing/assert-metric-delta.js';
export {
  HyperMetricsTestingModule,
  type HyperMetricsTestingOptions,
} from './testing/hyper-metrics-testing.module.js';
export { lintMetrics, type LintMetricsOptions, type MetricProblem } from './testing/lint-metrics.js';
export { metricDelta } from './testing/metric-delta.js';
export type { MetricsSource } from './testing/metrics-source.js';
export { readMetric } from './testing/read-metric.js';
export type { SampleLabels } from './service/sample-value.js';
