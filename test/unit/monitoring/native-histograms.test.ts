import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { type GrafanaPanel, grafanaDashboard, prometheusRules } from '../../../src/monitoring.js';
import type { MonitoredApplication } from '../../../src/monitoring/application.js';
import { DASHBOARD_ROWS } from '../../../src/monitoring/dashboard/rows.js';
import { readHistograms } from '../../../src/monitoring/native-histograms.js';
import { RECORDING_GROUPS } from '../../../src/monitoring/rules/recording.rules.js';
import { alertGroups } from '../../../src/monitoring/rules/prometheus-rules.js';
import { SLO_GROUP } from '../../../src/monitoring/rules/slo.rules.js';

const NATIVE = { nativeHistograms: true };
const read = (expr: string): string => readHistograms({ expr }, NATIVE);

const withNested = (panels: readonly GrafanaPanel[]): GrafanaPanel[] =>
  panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

function writtenExpressions(application: MonitoredApplication): string[] {
  return [
    ...withNested(grafanaDashboard(application).panels).flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h')),
    ),
    ...prometheusRules(application).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ];
}

function hasSyntaxError(expr: string): boolean {
  let found = false;
  parser.parse(expr).iterate({
    enter: ({ type }) => {
      found ||= type.isError;
    },
  });
  return found;
}

describe('an expression for an application with native histograms', () => {
  it.each([
    [
      'histogram_quantile(0.5, sum by (le) (rate(#http_request_duration_seconds_bucket[5m])))',
      '(histogram_quantile(0.5, sum(rate(#http_request_duration_seconds[5m]))) or ' +
        'histogram_quantile(0.5, sum by (le) (rate(#http_request_duration_seconds_bucket[5m]))))',
    ],
    [
      'histogram_quantile(0.99, sum by (job, route, le) (rate(#http_route_duration_seconds_bucket{method="GET"}[1h]))) > 1',
      '(histogram_quantile(0.99, sum by (job, route) (rate(#http_route_duration_seconds{method="GET"}[1h]))) or ' +
        'histogram_quantile(0.99, sum by (job, route, le) (rate(#http_route_duration_seconds_bucket{method="GET"}[1h])))) > 1',
    ],
    [
      'sum(rate(#db_query_duration_seconds_count{operation="SELECT"}[5m]))',
      'sum((histogram_count(rate(#db_query_duration_seconds{operation="SELECT"}[5m])) or ' +
        'rate(#db_query_duration_seconds_count{operation="SELECT"}[5m])))',
    ],
    [
      '#http_requests_in_flight - rate(#http_request_duration_seconds_sum[5m]) > 100',
      '#http_requests_in_flight - (histogram_sum(rate(#http_request_duration_seconds[5m])) or ' +
        'rate(#http_request_duration_seconds_sum[5m])) > 100',
    ],
    [
      'increase(#schedule_run_duration_seconds_count[1h]) > 0',
      '(histogram_count(increase(#schedule_run_duration_seconds[1h])) or ' +
        'increase(#schedule_run_duration_seconds_count[1h])) > 0',
    ],
  ])('reads those first, and classic ones where there are none: %s', (expr, expected) => {
    expect(read(expr)).toBe(expected);
    expect(readHistograms({ expr }, {})).toBe(expr);
    expect(readHistograms({ expr }, { nativeHistograms: false })).toBe(expr);
  });

  it.each([
    'sum(rate(#http_request_size_bytes_sum[5m]))',
    'histogram_quantile(0.99, sum by (le) (rate(#db_queries_per_request_bucket[5m])))',
    'rate(@nodejs_gc_duration_seconds_sum[5m])',
    'rate(#http_route_outgoing_seconds_total[5m])',
    'sum_over_time(job_slo:#slo_errors:rate5m[1h])',
  ])('is unchanged where it reads no duration of this library: %s', (expr) => {
    expect(read(expr)).toBe(expr);
  });

  it('reads native histograms in each place in which it reads classic ones', () => {
    const queries = [
      ...DASHBOARD_ROWS.flatMap(({ panels }) => panels).flatMap((panel) => panel.queries),
      ...[...RECORDING_GROUPS, SLO_GROUP].flatMap(({ rules }) => rules),
      ...alertGroups().flatMap(({ rules }) => rules.flatMap((rule) => [rule, { expr: rule.remedy }])),
    ];
    const durations = new Set<string>(
      CATALOG.filter(({ type, name }) => type === 'histogram' && name.endsWith('_seconds')).map(
        ({ name }) => name,
      ),
    );
    const classicOf = (expr: string): unknown[] =>
      [...expr.matchAll(/(?<!:)#(\w+)_(?:bucket|count|sum)[{[]/g)].filter(([, name = '']) =>
        durations.has(name),
      );
    const nativeOf = (expr: string): unknown[] =>
      [...expr.matchAll(/#(\w+)[{[]/g)].filter(([, name = '']) => durations.has(name));
    // These are classic buckets by definition, for rules of the reader's own.
    const ofBuckets = queries.filter((query) => 'record' in query && /_bucket:/.test(query.record));
    expect(ofBuckets.length).toBe(2);
    const reading = queries.filter(
      (query) => classicOf(query.expr).length > 0 && !ofBuckets.includes(query as never),
    );
    expect(reading.length).toBeGreaterThan(35);
    const missing = reading.filter((query) => {
      const expected = 'native' in query ? 1 : classicOf(query.expr).length;
      return nativeOf(readHistograms(query, NATIVE)).length < expected;
    });
    expect(missing).toEqual([]);
  });

  it('is PromQL', () => {
    const all = writtenExpressions({ job: 'shop', ...NATIVE });
    expect(all.length).toBeGreaterThan(130);
    expect(all.filter(hasSyntaxError)).toEqual([]);
  });

  it('has functions that Prometheus before 2.40 does not know only for such an application', () => {
    const functions = /histogram_(count|sum|fraction)\(/;
    expect(writtenExpressions({}).filter((expr) => functions.test(expr))).toEqual([]);
    expect(writtenExpressions(NATIVE).filter((expr) => functions.test(expr)).length).toBeGreaterThan(15);
  });
});
