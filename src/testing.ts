export { assertMetricDelta, type ExpectedMetricDelta } from './testing/assert-metric-delta.js';
export { assertQueries, type QueryBudget } from './testing/assert-queries.js';
export type { DatabaseSource } from './testing/database-source.js';
export {
  HyperMetricsTestingModule,
  type HyperMetricsTestingOptions,
} from './testing/hyper-metrics-testing.module.js';
export { lintMetrics, type LintMetricsOptions, type MetricProblem } from './testing/lint-metrics.js';
export { metricDelta } from './testing/metric-delta.js';
export type { MetricsSource } from './testing/metrics-source.js';
export { queriesOf, type SentQuery } from './testing/queries-of.js';
export { readMetric } from './testing/read-metric.js';
export type { SampleLabels } from './service/sample-value.js';
