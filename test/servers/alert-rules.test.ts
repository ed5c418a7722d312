import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dump } from 'js-yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { promtool } from '../support/deployment-files.js';
import { documentationAlerts } from '../support/documentation-snippets.js';
import { findMissingPrograms } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const INSTANCE = 'job="shop",instance="a:9464"';
/** A scrape each 15 s: at 0 for a minute, and then as it was after the first failures. */
const risenTo = (value: number): string => `0x4 ${value}x36`;
/** Without a sample before the first failure: its labels could not be known. */
const bornAt = (value: number): string => `_x4 ${value}x36`;

interface AlertTest {
  readonly page: string;
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly at?: string;
}

const requests = (method: string, status: string): string =>
  `hyperdjango_http_requests_total{${INSTANCE},method="${method}",status="${status}"}`;
const errors = (sqlstateClass: string): string =>
  `hyperdjango_db_query_errors_total{${INSTANCE},sqlstate_class="${sqlstateClass}"}`;
const queries = `hyperdjango_db_query_duration_seconds_count{${INSTANCE},operation="select"}`;
const unreadable = (collector: string): string =>
  `hyperdjango_metrics_collector_errors_total{${INSTANCE},collector="${collector}"}`;
const dropped = `hyperdjango_metrics_series_dropped_total{${INSTANCE},family="orders_total"}`;
const instance = { job: 'shop', instance: 'a:9464' };

/** What a new process exports after its first failures, and what has to ring. */
const FIRST_FAILURES: Readonly<Record<string, AlertTest>> = {
  'of 25 requests, 15 fail': {
    page: 'operating.md',
    alert: 'ServiceErrors',
    series: { [requests('GET', '200')]: risenTo(10), [requests('GET', '500')]: risenTo(15) },
    labels: { job: 'shop' },
  },
  'the only request fails': {
    page: 'operating.md',
    alert: 'ServiceErrors',
    series: { [requests('POST', '201')]: risenTo(0), [requests('POST', '500')]: risenTo(1) },
    labels: { job: 'shop' },
  },
  'the first statement to fail is one of many': {
    page: 'database.md',
    alert: 'DatabaseErrors',
    series: { [queries]: risenTo(20), [errors('23')]: risenTo(0), [errors('40')]: risenTo(1) },
    labels: { instance: 'a:9464' },
  },
  'a collector fails': {
    page: 'operating.md',
    alert: 'MetricsMissing',
    series: { [unreadable('db_pool')]: risenTo(1), [unreadable('process')]: risenTo(0) },
    labels: { ...instance, collector: 'db_pool' },
    at: '8m',
  },
  'a metric of the host fails, whose name was not known': {
    page: 'operating.md',
    alert: 'MetricsMissing',
    series: { [unreadable('queue_size')]: bornAt(1), [unreadable('process')]: risenTo(0) },
    labels: { ...instance, collector: 'queue_size' },
    at: '8m',
  },
  'a family is over its budget': {
    page: 'operating.md',
    alert: 'MetricsTooManySeries',
    series: { [dropped]: bornAt(7) },
    labels: { ...instance, family: 'orders_total' },
    at: '8m',
  },
};

/** Promtool's verdict about the alerts of a page, given these series. */
function ring(
  { page, alert, labels, at = '4m' }: AlertTest,
  series: Readonly<Record<string, string>>,
  rings: boolean,
): ReturnType<typeof promtool> {
  const path = mkdtempSync(`${tmpdir()}/hyper-metrics-alerts-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const rules = documentationAlerts(page);
  const [, summary = ''] = new RegExp(`alert: ${alert}\\n.*?summary: ([^\\n]+)`, 's').exec(rules) ?? [];
  const expected = { exp_labels: labels, exp_annotations: { summary } };
  const test = {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ alertname: alert, eval_time: at, exp_alerts: rings ? [expected] : [] }],
  };
  writeFileSync(`${path}/alerts.yml`, rules);
  writeFileSync(
    `${path}/test.yml`,
    dump({ rule_files: ['alerts.yml'], evaluation_interval: '15s', tests: [test] }),
  );
  return promtool(['test', 'rules', 'test.yml'], path);
}

const skipped = isSkipped('the alerts of the documentation', findMissingPrograms());

describe.skipIf(skipped)('the alerts of the documentation about a new process', () => {
  it.each(Object.entries(FIRST_FAILURES))('ring when %s', (_, test) => {
    const { status, output } = ring(test, test.series, true);

    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it.each(Object.entries(FIRST_FAILURES))('are silent before %s', (_, test) => {
    const quiet = Object.keys(test.series).map((name) => [name, '0x40']);
    const { status, output } = ring(test, Object.fromEntries(quiet), false);

    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it('would not ring about failures without a sample before them', () => {
    const [test] = Object.values(FIRST_FAILURES);
    if (test === undefined) throw new Error('There is no test.');
    const series = { [requests('GET', '200')]: risenTo(10), [requests('GET', '500')]: bornAt(15) };
    const { status } = ring(test, series, false);

    expect(status).toBe(0);
  });
});
