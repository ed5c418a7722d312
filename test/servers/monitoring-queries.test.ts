import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { Traffic } from '../../sample/src/traffic/traffic.js';
import {
  describeApplication,
  type GrafanaPanel,
  grafanaDashboard,
  type MonitoredApplication,
  prometheusRules,
  toYaml,
} from '../../src/monitoring.js';
import { DASHBOARD_ROWS } from '../../src/monitoring/dashboard/rows.js';
import { findMissingBrowser } from '../support/browser.js';
import { drawDashboard } from '../support/dashboard-picture.js';
import { EverythingShop } from '../support/everything-shop.js';
import { OneFileSample, startScript } from '../support/one-file-samples.js';
import { startPostgres } from '../support/postgres.js';
import { findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { planQuietRequest } from '../support/quiet-traffic.js';
import { cleanSamples, makeTemporaryPath, SampleProcess } from '../support/sample-process.js';
import { isSkipped } from '../support/skipped.js';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 200 };
const REQUESTS = 1_500;
const QUIET_REQUESTS = 600;

/** Which jobs there are, with the prefix of each. */
const PREFIXES = {
  bookshop: 'hyperdjango_',
  'other-prefix': 'shop_',
  cluster: 'hyperdjango_',
  everything: 'hyperdjango_',
} as const;
type Job = keyof typeof PREFIXES;
const JOBS = Object.keys(PREFIXES) as Job[];

/** Rules and alerts without data in a service in which nothing has gone wrong, by words of their expression, and why. */
const WITHOUT_DATA: readonly { readonly has: RegExp; readonly why: string }[] = [
  {
    has: /metrics_series_dropped_total/,
    why: 'no sample was past the budget, and no family is known before',
  },
  { has: /cluster_starts_total/, why: 'it compares with half an hour ago, when there was no cluster' },
  { has: /^absent\(/, why: 'there is a target' },
  {
    has: /slo_errors:rate5m\S*\[1d:5m\]|slo_errors:rate5m\S*\[1h:1m\]/,
    why: 'steps of five minutes or one are those of the clock, and this run is too short for them',
  },
  { has: /n_plus_one_by_route_total/, why: 'a route has a series from its first N+1 pattern on' },
  { has: /process_memory_limit_bytes/, why: 'the machine may have no limit' },
  { has: /schedule_last_success/, why: 'a job has a series from its first success on' },
];

const withNested = (panels: readonly GrafanaPanel[]): GrafanaPanel[] =>
  panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

/** A panel's query as Grafana sends it. */
function filledIn(expr: string, job: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '5m')
    .replaceAll('"$job"', `"${job}"`)
    .replaceAll('"$instance"', '".*"');
}

/** An alert's expression with 0 for false, instead of nothing. */
const compared = (expr: string): string => expr.replaceAll(/(==|>=|>) (?!bool)/g, '$1 bool ');

const skipped = isSkipped('every query of dashboards and rules', findMissingPrograms());

describe.skipIf(skipped)('dashboards and rules under a real Prometheus', () => {
  const temporaryPaths: string[] = [];
  const applications = new Map<Job, MonitoredApplication>();
  let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;
  let everything: EverythingShop | undefined;
  let cluster: OneFileSample | undefined;
  let prometheus: PrometheusServer | undefined;
  let alertsOfQuietRun: readonly unknown[];
  let startSeconds: number;
  let atSeconds: number;

  const ask = (expr: string, time?: number) => {
    if (prometheus === undefined) throw new Error('Prometheus is not running.');
    return prometheus.query(expr, time);
  };
  const becomesTrue = async (expr: string): Promise<void> => {
    if (!(await poll(async () => (await ask(expr)).length > 0, PATIENCE)))
      throw new Error(`In vain: ${expr}`);
  };

  async function startBookshop(environment: Record<string, string>): Promise<SampleProcess> {
    const temporaryPath = makeTemporaryPath();
    temporaryPaths.push(temporaryPath);
    const sample = await SampleProcess.start({
      temporaryPath,
      environment: { TRAFFIC: 'off', ...environment },
    });
    await sample.waitUntilServing();
    return sample;
  }

  const send = (baseUrl: string, totalRequests: number, plan?: typeof planQuietRequest): Promise<void> =>
    new Traffic({ baseUrl, totalRequests, concurrency: 5, ...(plan && { plan }) }).ended;

  beforeAll(async () => {
    const bookshop = await startBookshop({ PLATFORM: 'fastify' });
    const other = await startBookshop({ METRICS_PREFIX: PREFIXES['other-prefix'] });
    cluster = await OneFileSample.start('cluster', startScript('cluster'));
    postgres = await startPostgres();
    everything = await EverythingShop.start(postgres.url);
    const addresses: Record<Job, string> = {
      bookshop: new URL(bookshop.url).host,
      'other-prefix': new URL(other.url).host,
      cluster: cluster.address,
      everything: new URL(everything.application.url).host,
    };
    for (const job of JOBS) {
      const exposition = await (await fetch(`http://${addresses[job]}/metrics`)).text();
      applications.set(job, describeApplication(exposition, { prefix: PREFIXES[job], job }));
    }
    const scrapeConfigs = JOBS.map((job) => ({
      job_name: job,
      static_configs: [{ targets: [addresses[job]] }],
    }));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '2s' },
      rule_files: JOBS.map((job) => `${job}.yml`),
      scrape_configs: scrapeConfigs,
    };
    const files = JOBS.map((job) => [`${job}.yml`, toYaml(prometheusRules(applications.get(job)))]);
    prometheus = await PrometheusServer.start(JSON.stringify(config), Object.fromEntries(files));
    await becomesTrue('sum(up) == 4');
    startSeconds = Date.now() / 1000;

    await send(bookshop.url, QUIET_REQUESTS, planQuietRequest);
    const ended = Date.now() / 1000;
    await becomesTrue(`timestamp(job:hyperdjango_http_requests:rate5m{job="bookshop"}) > ${ended + 4}`);
    alertsOfQuietRun = await ask('{__name__=~"ALERTS",job="bookshop"}');

    await Promise.all([send(bookshop.url, REQUESTS), send(other.url, REQUESTS)]);
    for (let visit = 0; visit < 10; visit += 1) {
      await everything.visit();
      await cluster.send();
    }
    const sent = Date.now() / 1000;
    for (const name of ['hyperdjango', 'shop']) {
      await becomesTrue(`min(timestamp(job:${name}_http_requests:rate5m)) > ${sent + 4}`);
    }
    atSeconds = Date.now() / 1000;
  }, 400_000);

  afterAll(async () => {
    await prometheus?.stop();
    await cluster?.stop();
    await everything?.close();
    await postgres?.stop();
    await cleanSamples();
    for (const path of temporaryPaths) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  });

  it('have no alert about the bookshop in normal use, not even a pending one', () => {
    expect(alertsOfQuietRun).toEqual([]);
  });

  it('have every row and panel for an application with every option, and few for one with HTTP only', () => {
    const titles = (job: Job): string[] =>
      grafanaDashboard(applications.get(job))
        .panels.filter(({ type }) => type === 'row')
        .map(({ title }) => title);
    expect(titles('everything')).toEqual(DASHBOARD_ROWS.map(({ title }) => title));
    const all = withNested(grafanaDashboard(applications.get('everything')).panels);
    expect(all.length).toBe(withNested(grafanaDashboard().panels).length);
    expect(titles('cluster')).toEqual(['Overview', 'Routes', 'Process and event loop', 'Scrapes']);
  });

  it.each(JOBS)('have data in every panel of %s', async (job) => {
    const emptyWhile = new Map(
      DASHBOARD_ROWS.flatMap((row) => row.panels).map((panel) => [panel.title, panel.emptyWhile]),
    );
    const targets = withNested(grafanaDashboard(applications.get(job)).panels).flatMap(
      ({ title, targets: ofPanel = [] }) => ofPanel.map(({ expr }) => ({ title, expr: filledIn(expr, job) })),
    );
    expect(targets.length).toBeGreaterThan(job === 'cluster' ? 25 : 75);
    const empty: string[] = [];
    for (const { title, expr } of targets) {
      const values = (await ask(expr, atSeconds)).map(({ value }) => value);
      if (!values.some((value) => Number.isFinite(value))) empty.push(title);
    }
    expect(empty.filter((title) => emptyWhile.get(title) === undefined)).toEqual([]);
  });

  it.each(JOBS)('record every rule of %s, and have data for every alert', async (job) => {
    const rules = prometheusRules(applications.get(job)).groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(job === 'cluster' ? 20 : 50);
    const empty: string[] = [];
    for (const rule of rules) {
      const asked = 'record' in rule ? `${rule.record}{job="${job}"}` : compared(rule.expr);
      if ((await ask(asked, atSeconds)).length === 0) empty.push(rule.expr);
    }
    expect(empty.filter((expr) => !WITHOUT_DATA.some(({ has }) => has.test(expr)))).toEqual([]);
  });

  it('know the share of failed requests of an application with an objective', async () => {
    const [errors] = await ask(
      'job_slo:hyperdjango_slo_errors:ratio_rate5m{job="everything",slo="availability"}',
      atSeconds,
    );
    // One of eight requests of each visit.
    expect(errors?.value).toBeCloseTo(1 / 8, 1);
    const [slow] = await ask(
      'job_slo:hyperdjango_slo_errors:ratio_rate5m{job="everything",slo="latency"}',
      atSeconds,
    );
    expect(slow?.value).toBeCloseTo(0, 5);
  });

  it('are drawn in a browser, each panel in its place, with its title and its data', async ({ skip }) => {
    const missing = findMissingBrowser();
    if (missing !== undefined && process.env['CI'] === undefined) skip(missing);
    const dashboard = grafanaDashboard(applications.get('bookshop'));
    const range = { startSeconds, endSeconds: atSeconds, stepSeconds: 2 };
    const drawn = await drawDashboard(dashboard, (expr) => {
      if (prometheus === undefined) throw new Error('Prometheus is not running.');
      return prometheus.queryRange(filledIn(expr, 'bookshop'), range);
    });

    expect(drawn.titles).toEqual(dashboard.panels.map(({ title }) => title));
    expect(drawn.overlaps).toEqual([]);
    expect(drawn.lines).toBeGreaterThan(150);
    expect(drawn.png.length).toBeGreaterThan(50_000);
    const { DASHBOARD_PICTURE } = process.env;
    if (DASHBOARD_PICTURE !== undefined) writeFileSync(DASHBOARD_PICTURE, drawn.overview);
  });
});
