import type { Expression } from '../expression.js';
import type { RecordingRule, RuleGroup } from './rule.interface.js';

/** The 99th percentile of native histograms. Their sum is one series, and needs no rule of its own. */
const nativeP99 = (family: string, by: string) => (): Expression =>
  `histogram_quantile(0.99, sum by (${by}) (rate(#${family}[5m])))`;

/**
 * Queries about all instances together. Rates are taken of each instance and then added: a sum of counters would fall at every
 * restart.
 */
export const RECORDING_GROUPS: readonly RuleGroup<RecordingRule>[] = [
  {
    name: 'instances',
    rules: [
      { record: 'job:up:sum', expr: 'sum by (job) (@up)' },
      { record: 'job:up:count', expr: 'count by (job) (@up)' },
      // The series of all instances, and of the largest one.
      { record: 'job:scrape_samples_scraped:sum', expr: 'sum by (job) (@scrape_samples_scraped)' },
      { record: 'job:scrape_samples_scraped:max', expr: 'max by (job) (@scrape_samples_scraped)' },
      {
        record: 'job:#metrics_series_dropped:rate5m',
        expr: 'sum by (job) (rate(#metrics_series_dropped_total[5m]))',
      },
    ],
  },
  {
    name: 'http',
    rules: [
      {
        record: 'job_method_status:#http_requests:rate5m',
        expr: 'sum by (job, method, status) (rate(#http_requests_total[5m]))',
      },
      {
        record: 'job:#http_requests:rate5m',
        expr: 'sum by (job) (job_method_status:#http_requests:rate5m)',
      },
      // 0 while there is no error; absent while there are no requests.
      {
        record: 'job:#http_requests_5xx:ratio_rate5m',
        expr: [
          '(',
          '  sum by (job) (job_method_status:#http_requests:rate5m{status=~"5.."})',
          '  or 0 * job:#http_requests:rate5m',
          ')',
          '/ (job:#http_requests:rate5m > 0)',
        ].join('\n'),
      },
      {
        record: 'job:#http_requests_in_flight:sum',
        expr: 'sum by (job) (#http_requests_in_flight)',
      },
      {
        record: 'job_le:#http_request_duration_seconds_bucket:rate5m',
        expr: 'sum by (job, le) (rate(#http_request_duration_seconds_bucket[5m]))',
      },
      {
        record: 'job:#http_request_duration_seconds:p99_rate5m',
        expr: 'histogram_quantile(0.99, job_le:#http_request_duration_seconds_bucket:rate5m)',
        native: nativeP99('http_request_duration_seconds', 'job'),
      },
      {
        record: 'job_route_le:#http_route_duration_seconds_bucket:rate5m',
        expr: 'sum by (job, route, le) (rate(#http_route_duration_seconds_bucket[5m]))',
      },
      {
        record: 'job_route:#http_route_duration_seconds:p99_rate5m',
        expr: 'histogram_quantile(0.99, job_route_le:#http_route_duration_seconds_bucket:rate5m)',
        native: nativeP99('http_route_duration_seconds', 'job, route'),
      },
    ],
  },
  {
    name: 'database',
    rules: [
      {
        record: 'job_operation:#db_queries:rate5m',
        expr: 'sum by (job, operation) (rate(#db_query_duration_seconds_count[5m]))',
      },
      {
        record: 'job_sqlstate_class:#db_query_errors:rate5m',
        expr: 'sum by (job, sqlstate_class) (rate(#db_query_errors_total[5m]))',
      },
      {
        record: 'job:#db_pool_in_use:ratio',
        expr: 'sum by (job) (#db_pool_in_use) / sum by (job) (#db_pool_total)',
      },
      // One full pool among a thousand is lost in the ratio of all.
      {
        record: 'job:#db_pool_in_use:max_ratio',
        expr: 'max by (job) (#db_pool_in_use / #db_pool_total)',
      },
      {
        record: 'job:#db_pool_unhealthy:count',
        expr: 'sum by (job) (#db_pool_healthy == bool 0)',
      },
    ],
  },
];
