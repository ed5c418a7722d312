import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { CATALOG } from '../../src/catalog/catalog.js';
import {
  describeApplication,
  type GrafanaPanel,
  grafanaDashboard,
  type MonitoredApplication,
  prometheusRules,
  toYaml,
} from '../../src/monitoring.js';
import { chaptersOf, tableRows } from '../support/documentation-blocks.js';
import { EverythingShop } from '../support/everything-shop.js';
import { startPostgres } from '../support/postgres.js';
import { findMissingPrograms, PrometheusServer, type VectorSample } from '../support/prometheus-server.js';
import { OpenMetricsProxy } from '../support/scrape-proxy.js';
import { isSkipped } from '../support/skipped.js';

const PATIENCE = { timeoutMs: 120_000, intervalMs: 200 };
/** Between two scrapes, and until one fails. */
const SCRAPE_SECONDS = 2;
const FIRST_VISITS = 3;
/** Jobs scrape at different moments, and a scrape may fail on a busy machine: over several rounds it matters little. */
const ROUNDS = 3;
const VISITS_OF_A_ROUND = 4;
const TOLERANCE = 0.2;
/**
 * A rate of a bucket that had no observation is not extrapolated to before its first one, and that of a count is: with few requests,
 * classic buckets are not of the same time, and ranks differ.
 */
const RANKS = 0.2;
/** Recorded between the scrapes of two jobs, too: the slowest one, which averages depend on, may be in one of them only. */
const MOVING = /metrics_scrape_duration|health_check_duration|schedule_run|db_query_duration|db_pool_/;
const PREFIX = 'hyperdjango_';

/** What Prometheus stores of one and the same application. */
const JOBS = ['classic', 'native', 'both'] as const;
type Job = (typeof JOBS)[number];

interface Query {
  readonly title: string;
  readonly expr: string;
}

const withNested = (panels: readonly GrafanaPanel[]): GrafanaPanel[] =>
  panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

const filledIn = (expr: string, job: Job): string =>
  expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '5m')
    .replaceAll('"$job"', `"${job}"`)
    .replaceAll('"$instance"', '".*"');

/** An alert's expression with 0 for false, instead of nothing. */
const compared = (expr: string): string => expr.replaceAll(/(==|>=|>) (?!bool|0\n)/g, '$1 bool ');

const queriesOfPanels = (application: MonitoredApplication, job: Job): Query[] =>
  withNested(grafanaDashboard(application).panels).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr: filledIn(expr, job) })),
  );

const queriesOfRules = (application: MonitoredApplication): Query[] =>
  prometheusRules(application)
    .groups.flatMap(({ rules }) => rules)
    .map((rule) =>
      'record' in rule
        ? { title: `${rule.record} ${rule.labels?.['slo'] ?? ''}`, expr: rule.expr }
        : { title: rule.alert, expr: compared(rule.expr) },
    );

/** Expressions with those that record the buckets they read, so that all are about the same time. */
function withoutRecordedBuckets(application: MonitoredApplication): Query[] {
  const queries = queriesOfRules(application);
  const recorded = queries.filter(({ title }) => /^job\w*:\w+_bucket:/.test(title));
  return queries.map(({ title, expr }) => ({
    title,
    expr: recorded.reduce(
      (text, rule) => text.replaceAll(new RegExp(`${rule.title.trim()}\\{[^}]*\\}`, 'g'), `(${rule.expr})`),
      expr,
    ),
  }));
}

/** Those that an application with native histograms has in another form. */
function withNativeForm(application: MonitoredApplication, job: Job): Query[] {
  const all = (nativeHistograms: boolean): Query[] => [
    ...queriesOfPanels({ ...application, nativeHistograms }, job),
    ...withoutRecordedBuckets({ ...application, nativeHistograms }),
  ];
  const classic = all(false);
  return all(true).filter(({ expr }, index) => expr !== classic[index]?.expr);
}

/** Values by the labels that jobs have in common; a bound as a number. */
function byLabels(samples: readonly VectorSample[]): Map<string, number> {
  return new Map(
    samples.map(({ metric, value }) => {
      const labels = Object.entries(metric)
        .filter(([name]) => !['__name__', 'job', 'instance'].includes(name))
        .map(([name, text]) => [name, name === 'le' ? Number(text) : text] as const)
        .toSorted(([one], [other]) => (one < other ? -1 : 1));
      return [JSON.stringify(labels), value];
    }),
  );
}

/** The classic bucket that a quantile is in. */
function bucketOf(expr: string, value: number): [lower: number, upper: number] {
  const [, family = ''] = /hyperdjango_(\w+)_bucket/.exec(expr) ?? [];
  const bounds = [0, ...(CATALOG.find(({ name }) => name === family)?.buckets ?? [])];
  const highest = Math.max(...bounds);
  return [
    Math.max(...bounds.filter((bound) => bound < value)),
    value >= highest ? Infinity : Math.min(...bounds.filter((bound) => bound >= value)),
  ];
}

const isNear = (one: number, other: number, slack = 1): boolean =>
  Math.abs(other - one) <= slack * TOLERANCE * Math.abs(one) + 1e-9 ||
  (Number.isNaN(one) && Number.isNaN(other));

/** An expression with another rank of its quantile, from 0 to 1. */
const withRank = (expr: string, change: number): string =>
  expr.replaceAll(
    /(?<=histogram_quantile\()[\d.]+/g,
    (rank) => `${Math.min(1, Math.max(0, Number(rank) + change))}`,
  );

const skipped = isSkipped('queries of native histograms', findMissingPrograms());

describe.skipIf(skipped)('dashboards and rules of an application with native histograms', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;
  let shop: EverythingShop | undefined;
  let proxy: OpenMetricsProxy | undefined;
  let prometheus: PrometheusServer | undefined;
  let exposition: string;
  let atSeconds: number;
  /** From after the first visits on: jobs do not see the same of series that begin. */
  let range: string;

  const ask = (expr: string, time?: number): Promise<VectorSample[]> => {
    if (prometheus === undefined) throw new Error('Prometheus is not running.');
    return prometheus.query(expr, time);
  };
  /** A time at which an expression has an answer. Scrapes that began before it have ended: one that fails ends its series. */
  const timeOf = async (expr: string): Promise<number> => {
    let time = 0;
    const isAnswered = async (): Promise<boolean> => {
      time = Date.now() / 1000 - SCRAPE_SECONDS;
      return (await ask(expr, time)).length > 0;
    };
    if (!(await poll(isAnswered, PATIENCE))) throw new Error(`In vain: ${expr}`);
    return time;
  };
  const describeJob = (job: Job): MonitoredApplication =>
    describeApplication(exposition, { job, nativeHistograms: true });

  beforeAll(async () => {
    postgres = await startPostgres();
    shop = await EverythingShop.start(postgres.url);
    const url = `${shop.application.url}/metrics`;
    proxy = await OpenMetricsProxy.start(url);
    exposition = await (await fetch(url)).text();
    const scrape = (name: string, job: Job, address: string) => ({
      job_name: name,
      static_configs: [{ targets: [address] }],
      relabel_configs: [
        { target_label: 'job', replacement: job },
        { target_label: 'instance', replacement: 'shop' },
      ],
    });
    const application = new URL(url).host;
    const config = {
      global: { scrape_interval: `${SCRAPE_SECONDS}s`, evaluation_interval: '1s' },
      rule_files: JOBS.map((job) => `${job}.yml`),
      // 2.42 cannot store both forms of a scrape: the classic form is scraped by another job.
      scrape_configs: [
        scrape('classic', 'classic', proxy.address),
        scrape('native', 'native', application),
        scrape('both, native', 'both', application),
        scrape('both, classic', 'both', proxy.address),
      ],
    };
    const files = JOBS.map((job) => [`${job}.yml`, toYaml(prometheusRules(describeJob(job)))]);
    prometheus = await PrometheusServer.start(JSON.stringify(config), Object.fromEntries(files), [
      '--enable-feature=native-histograms',
    ]);
    const durations = `${PREFIX}http_request_duration_seconds`;
    /** When all jobs have scraped all requests, several times, no scrape has just failed, and the rules have read them. */
    const storedAt = async (): Promise<number> => {
      const text = await (await fetch(url)).text();
      const [, count] = new RegExp(`^${durations}_count (\\d+)$`, 'm').exec(text) ?? [];
      const isScraped =
        `count(${durations}_count == ${count}) == 2 and count(histogram_count(${durations}) == ${count}) == 2 ` +
        `and min(min_over_time(up[${3 * SCRAPE_SECONDS}s])) == 1`;
      const scrapedAt = await timeOf(isScraped);
      const isRead = `count(timestamp(job:${PREFIX}http_requests:rate5m) > ${scrapedAt + 3 * SCRAPE_SECONDS}) == ${JOBS.length}`;
      return timeOf(`${isScraped} and ${isRead}`);
    };
    for (let visit = 0; visit < FIRST_VISITS; visit += 1) await shop.visit();
    const startSeconds = await storedAt();
    atSeconds = await storedAt();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let visit = 0; visit < VISITS_OF_A_ROUND; visit += 1) await shop.visit();
      atSeconds = await storedAt();
    }
    range = `[${Math.floor(atSeconds - startSeconds)}s]`;
  }, 600_000);

  afterAll(async () => {
    await prometheus?.stop();
    await proxy?.close();
    await shop?.close();
    await postgres?.stop();
  });

  it('are tested with what Prometheus stores of each job', async () => {
    const name = `${PREFIX}http_request_duration_seconds`;
    const jobsWith = async (expr: string): Promise<string[]> =>
      (await ask(`count by (job) (${expr})`, atSeconds)).map(({ metric }) => metric['job'] ?? '').toSorted();
    expect(await jobsWith(`{__name__="${name}_bucket"}`)).toEqual(['both', 'classic']);
    expect(await jobsWith(`{__name__="${name}_count"}`)).toEqual(['both', 'classic']);
    expect(await jobsWith(`{__name__="${name}"}`)).toEqual(['both', 'native']);
    const classic = `{__name__=~"${PREFIX}.*_seconds_(bucket|sum|count)",job="native"}`;
    expect(await ask(`count by (__name__) (${classic})`, atSeconds)).toEqual([]);
  });

  it.each(['native', 'both'] as const)('have the values of classic histograms: %s', async (job) => {
    const queries = withNativeForm(describeJob(job), job);
    const ofClassic = withNativeForm(describeJob('classic'), 'classic');
    expect(queries.length).toBeGreaterThan(35);
    const different: string[] = [];
    const inRange = (expr = ''): string => expr.replaceAll(/\[(5m|10m|1h)\]/g, range);
    const without: string[] = [];
    for (const [index, { title, expr }] of queries.entries()) {
      const ofRank = async (change: number): Promise<Map<string, number>> =>
        byLabels(await ask(withRank(inRange(ofClassic[index]?.expr), change), atSeconds));
      const [classic, lower, higher] = [await ofRank(0), await ofRank(-RANKS), await ofRank(RANKS)];
      const other = byLabels(await ask(inRange(expr), atSeconds));
      if (classic.size === 0) without.push(title);
      for (const labels of new Set([...classic.keys(), ...other.keys()])) {
        const [one = Infinity, two = Infinity] = [classic.get(labels), other.get(labels)];
        const [least] = bucketOf(expr, lower.get(labels) ?? Number.NaN);
        const [, most] = bucketOf(expr, higher.get(labels) ?? Number.NaN);
        const slack = MOVING.test(expr) ? 10 : 1;
        const isWithin =
          expr.includes('histogram_quantile') && two >= (least * 0.98) / slack && two <= most * 1.02 * slack;
        if (!isNear(one, two, slack) && !isWithin) different.push(`${title} ${labels}: ${one}, ${two}`);
      }
    }
    expect(different).toEqual([]);
    expect(without).toEqual([]);
  });

  it('record what the rules of classic histograms record', async () => {
    const recorded = async (job: Job): Promise<string[]> =>
      (await ask(`count by (__name__, slo) ({__name__=~"job.*:.*",job="${job}"})`, atSeconds))
        .map(({ metric }) => `${metric['__name__']} ${metric['slo'] ?? ''}`)
        .toSorted();
    const ofClassic = await recorded('classic');
    expect(ofClassic.length).toBeGreaterThan(30);
    expect(await recorded('both')).toEqual(ofClassic);
    expect(await recorded('native')).toEqual(ofClassic.filter((name) => !name.includes('_bucket:')));
  });

  it('count the requests that miss an objective, and none while there are no requests', async () => {
    const threshold = `scalar(max(${PREFIX}slo_latency_threshold_seconds{job="native"}))`;
    const [rule] = queriesOfRules(describeJob('native')).filter(({ title }) =>
      /slo_errors:rate5m latency/.test(title),
    );
    const withThreshold = async (seconds: string, rate = '[5m]'): Promise<number | undefined> =>
      (
        await ask(
          (rule?.expr ?? '').replaceAll(`0, ${threshold}`, `0, ${seconds}`).replaceAll('[5m]', rate),
          atSeconds,
        )
      )[0]?.value;
    const [all] = await ask(
      `histogram_count(sum(rate(${PREFIX}http_request_duration_seconds{job="native"}[5m])))`,
      atSeconds,
    );
    expect(rule?.expr).toContain(`0, ${threshold}`);
    // Longer than any request takes on a busy machine.
    expect(await withThreshold('1000')).toBe(0);
    expect(await withThreshold('0.000001')).toBeCloseTo(all?.value ?? Number.NaN, 9);
    const half = `scalar(histogram_quantile(0.5, sum(rate(${PREFIX}http_request_duration_seconds{job="native"}[5m]))))`;
    expect((await withThreshold(half)) ?? Number.NaN).toBeCloseTo((all?.value ?? Number.NaN) / 2, 6);
    // Two scrapes at least, and no requests.
    expect(await withThreshold('0.000001', `[${2 * SCRAPE_SECONDS + 1}s]`)).toBe(0);
  });

  it('ring for slow requests only if there are some of them', async () => {
    const rules = prometheusRules(describeJob('native')).groups.flatMap((group) => group.rules);
    const rule = rules.find((one) => 'alert' in one && one.alert === 'ServiceSlow');
    const slowAbove = (seconds: number, least: number): Promise<VectorSample[]> =>
      ask(
        (rule?.expr ?? '')
          .replaceAll('> 1\n', `> ${seconds}\n`)
          .replaceAll('(0, 1,', `(0, ${seconds},`)
          .replaceAll('>= 5', `>= ${least}`),
        atSeconds,
      );
    expect(await slowAbove(1, 5)).toEqual([]);
    expect(await slowAbove(0.000001, 5)).toHaveLength(1);
    expect(await slowAbove(0.000001, 100_000)).toEqual([]);
  });

  it('have the queries of the page about native histograms', async () => {
    const page = readFileSync(new URL('../../docs/native-histograms.md', import.meta.url), 'utf8');
    const rows = tableRows(chaptersOf(page).get('Query both') ?? '').slice(2);
    expect(rows.map(([what]) => what)).toEqual([
      '95th percentile',
      'requests a second',
      'average',
      'share within 0.25 s',
    ]);
    const ofJob = (cell: string | undefined, job: Job): string =>
      (cell ?? '')
        .replaceAll(/^`|`$/g, '')
        .replaceAll(/(hyperdjango_\w+)(\{)?/g, (_, name: string, brace?: string) =>
          brace === undefined ? `${name}{job="${job}"}` : `${name}{job="${job}",`,
        );
    for (const [what, classic = '', native] of rows) {
      const ofClassic = async (change: number): Promise<number> => {
        const expr = withRank(ofJob(classic, 'classic').replaceAll('[5m]', range), change);
        return (await ask(expr, atSeconds))[0]?.value ?? Infinity;
      };
      const [one, least, most] = [
        await ofClassic(0),
        bucketOf(classic, await ofClassic(-RANKS))[0],
        bucketOf(classic, await ofClassic(RANKS))[1],
      ];
      const [other] = await ask(ofJob(native, 'native').replaceAll('[5m]', range), atSeconds);
      const value = other?.value ?? Number.NaN;
      const isWithin = classic.includes('histogram_quantile') && value >= least && value <= most;
      expect([what, one, value, isNear(one, value) || isWithin]).toEqual([what, one, value, true]);
      const either = `${ofJob(native, 'both')} or ${ofJob(classic, 'both')}`;
      expect(await ask(either, atSeconds)).toHaveLength(1);
    }
  });
});
