import { rise } from './conditions.js';
import type { AlertRule } from './rule.interface.js';

/** Alerts about the scrapes themselves. */
export const METRICS_ALERTS: readonly AlertRule[] = [
  {
    alert: 'MetricsTargetDown',
    expr: '@up == 0',
    for: '2m',
    severity: 'critical',
    summary: 'Prometheus cannot scrape a target.',
    description: '{{ $labels.instance }} of {{ $labels.job }} has not answered scrapes for two minutes.',
    remedy:
      'The page of targets of Prometheus shows the error. **Connection refused**: the process does not run, or not at this address. ' +
      '**404**: the path is wrong; the global prefix does not move it. **401**: wrong or missing credentials of ' +
      '`endpoint.bearerToken` or `endpoint.basicAuth`, or an authentication guard. **403**: an address that `endpoint.allowIps` does ' +
      'not have, or a guard. **503**: too many scrapes at once, or with `cluster` the aggregating process does not answer. **More ' +
      'samples than `sample_limit`**: a label has too many values.',
  },
  {
    // Without targets there is no `up`, and every other alert is silent.
    alert: 'MetricsTargetsGone',
    expr: 'absent(@up)',
    needsJob: true,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus has no target of the job.',
    description:
      'Prometheus has had no target of {{ $labels.job }} for five minutes, so no other alert can fire.',
    remedy:
      'No instance runs, discovery does not find any (labels, annotations, a file of targets), or the job has another name than the one ' +
      'that `--job` had. The page of service discovery of Prometheus shows the targets that relabelling dropped.',
  },
  {
    alert: 'MetricsMissing',
    expr: rise('#metrics_collector_errors_total', '10m', 3),
    for: '5m',
    severity: 'warning',
    summary: 'Some metrics cannot be read, or another process does not answer.',
    description:
      'The collector {{ $labels.collector }} of {{ $labels.instance }} failed {{ printf "%.0f" $value }} times in ten minutes.',
    remedy:
      'The label `collector` names what could not be read; [operating.md](operating.md#scrapes) lists its values. The log has the ' +
      'first failure with its reason.',
  },
  {
    alert: 'MetricsTooManySeries',
    expr: rise('#metrics_series_dropped_total', '10m', 1),
    for: '5m',
    severity: 'warning',
    summary: 'A label has too many values.',
    description:
      '{{ $labels.family }} of {{ $labels.instance }} recorded {{ printf "%.0f" $value }} samples past its budget in ten minutes.',
    remedy:
      'The samples are in the series `other` of that family. Reduce the values of its labels, or raise `seriesBudget`: ' +
      '[sizing.md](sizing.md#too-many-series).',
  },
];

/** Alerts about repeated queries and prepared statements. */
export const QUERIES_ALERTS: readonly AlertRule[] = [
  {
    alert: 'DatabaseNPlusOne',
    expr: rise('#n_plus_one_by_route_total', '1h', 10),
    for: '5m',
    severity: 'info',
    summary: 'A route sends the same query again and again.',
    description:
      '{{ $labels.route }} of {{ $labels.instance }} had {{ printf "%.0f" $value }} N+1 patterns in an hour.',
    remedy:
      'The log names the statement and the line of your code. Read all rows at once, as ' +
      '[n-plus-one.md](n-plus-one.md#repairing-it) shows, or exempt the route with `performance.nPlusOneIgnore`.',
  },
  {
    alert: 'DatabasePlanRegressions',
    expr: 'increase(#stmt_cache_plan_regressions_total[1d]) > 0',
    for: '1m',
    severity: 'info',
    summary: 'A prepared statement was slower than an unprepared one.',
    description:
      '{{ $labels.instance }} gave up the names of {{ printf "%.0f" $value }} statements in a day.',
    remedy:
      'The statement has no name any more, so there is no hurry. The log has it with both medians. Deny it ' +
      '(`statementCache.deny`), so that the next process need not find out again.',
  },
];
