import { rmSync } from 'node:fs';
import { platform as operatingSystem } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../../sample/src/common/poll.js';
import type { TrafficStatement } from '../../../sample/src/traffic/traffic-statement.js';
import { Traffic } from '../../../sample/src/traffic/traffic.js';
import { readDocument, readYaml, type PrometheusConfig, scrapeJob } from '../../support/deployment-files.js';
import { PLATFORMS } from '../../support/platforms.js';
import { sumOfRates } from '../../support/prometheus-rates.js';
import {
  findMissingPrograms,
  PrometheusServer,
  replaceOnce,
  type VectorSample,
} from '../../support/prometheus-server.js';
import { cleanSamples, makeTemporaryPath, SampleProcess } from '../../support/sample-process.js';
import { documentedSeries, readSeriesTable } from '../../support/series-budget.js';
import { isSkipped } from '../../support/skipped.js';

const REQUESTS = 5_000;
const CONCURRENCY = 10;
const RUN_TIMEOUT_MS = 300_000;
const SCRAPED = { timeoutMs: 60_000, intervalMs: 100 };
const RANGE_SECONDS = 300;
const TARGETS = 'targets/bookshop.yml';
/** Node.js has series for each kind of open resource and of garbage collection that there has been. */
const RUNTIME_TOLERANCE = 30;
/** Limits of memory and CPU that the machine of the test may have. */
const LIMITS = 2;
/** Twelve bounds, +Inf, sum and count. */
const SERIES_OF_A_DURATION = 15;

function targetsOf(...samples: readonly SampleProcess[]): string {
  return samples.map(({ port }) => `- targets: ['127.0.0.1:${port}']\n  labels: { zone: 'a' }\n`).join('');
}

function regionalConfig(): string {
  const config = replaceOnce(
    readDocument('prometheus/prometheus.yml'),
    'scrape_interval: 15s',
    'scrape_interval: 1s',
  );
  return replaceOnce(config, 'evaluation_interval: 15s', 'evaluation_interval: 1s');
}

function globalConfig(regional: PrometheusServer): string {
  const config = replaceOnce(
    readDocument('prometheus/global.yml'),
    'scrape_interval: 30s',
    'scrape_interval: 1s',
  );
  return replaceOnce(config, /targets: \[.*\]/.exec(config)?.[0] ?? '', `targets: ['${regional.address}']`);
}

const skipped = isSkipped(
  'several instances',
  operatingSystem() === 'win32' ? 'the sample needs Linux or macOS' : findMissingPrograms(),
);

describe.skipIf(skipped)('two bookshops, a Prometheus that finds them in files, and one above it', () => {
  const temporaryPaths: string[] = [];
  const samples: SampleProcess[] = [];
  const sent: TrafficStatement[] = [];
  let regional: PrometheusServer | undefined;
  let global: PrometheusServer | undefined;
  /** When both had been scraped and had had no request yet. */
  let freshAtSeconds: number;
  /** When the last scrape was stored, and nothing changes any more. */
  let atSeconds: number;
  let upBeforeTheSecond: VectorSample[];

  function ask(): PrometheusServer {
    if (regional === undefined) throw new Error('Prometheus is not running.');
    return regional;
  }

  async function becomesTrue(expr: string): Promise<void> {
    const isTrue = async (): Promise<boolean> => (await ask().query(expr)).length === 1;
    if (!(await poll(isTrue, SCRAPED))) throw new Error(`In vain: ${expr}`);
  }

  beforeAll(async () => {
    for (const platform of PLATFORMS) {
      const temporaryPath = makeTemporaryPath();
      temporaryPaths.push(temporaryPath);
      const environment = { PLATFORM: platform, TRAFFIC: 'off' };
      const sample = await SampleProcess.start({ temporaryPath, environment });
      samples.push(sample);
      await sample.waitUntilServing();
    }
    const [first] = samples as [SampleProcess, SampleProcess];
    regional = await PrometheusServer.start(regionalConfig(), {
      'rules.yml': readDocument('prometheus/rules.yml'),
      [TARGETS]: targetsOf(first),
    });
    await becomesTrue('sum(up) == 1');
    upBeforeTheSecond = await regional.query('up');
    regional.writeFile(TARGETS, targetsOf(...samples));
    await becomesTrue('sum(up) == 2');
    freshAtSeconds = Date.now() / 1000;

    const traffic = samples.map(
      ({ url }) => new Traffic({ baseUrl: url, totalRequests: REQUESTS, concurrency: CONCURRENCY }),
    );
    await Promise.all(traffic.map(({ ended }) => ended));
    sent.push(...traffic.map(({ statement }) => statement));
    const inFlight = 'hyperdjango_http_requests_in_flight';
    await becomesTrue(
      `count(${inFlight} == 0 and timestamp(${inFlight}) > ${Date.now() / 1000}) == ${samples.length}`,
    );
    atSeconds = Date.now() / 1000;
    // And whatever the rules make of it.
    await becomesTrue(`timestamp(job:hyperdjango_http_requests:rate5m) > ${atSeconds}`);
    global = await PrometheusServer.start(globalConfig(regional));
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await global?.stop();
    await regional?.stop();
    await cleanSamples();
    for (const path of temporaryPaths) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  });

  it('finds an instance when a file names it, without a reload', async () => {
    const instances = samples.map(({ port }) => `127.0.0.1:${port}`);
    expect(upBeforeTheSecond.map(({ metric }) => metric['instance'])).toEqual(instances.slice(0, 1));

    const up = await ask().query('up', atSeconds);
    expect(up.map(({ metric, value }) => [metric['instance'], metric['zone'], metric['job'], value])).toEqual(
      expect.arrayContaining(instances.map((instance) => [instance, 'a', 'bookshop', 1])),
    );
    expect(up.length).toBe(instances.length);
    expect((await ask().query('min(min_over_time(up[5m]))', atSeconds))[0]?.value).toBe(1);
  });

  it('stored exactly the requests that were sent to both, and to each', async () => {
    for (const [index, { port }] of samples.entries()) {
      const stored = await ask().query(
        `hyperdjango_http_requests_total{instance="127.0.0.1:${port}"} > 0`,
        atSeconds,
      );
      const counts = stored.map(({ metric, value }) => [`${metric['method']} ${metric['status']}`, value]);
      expect(Object.fromEntries(counts)).toEqual(sent[index]?.countByMethodAndStatus());
    }
    const [total] = await ask().query('sum by (job) (hyperdjango_http_requests_total)', atSeconds);
    expect(total).toEqual({ metric: { job: 'bookshop' }, value: REQUESTS * samples.length });
  });

  it('records rates of the whole job as computed from the stored samples of its instances', async () => {
    const [recorded] = await ask().query('job:hyperdjango_http_requests:rate5m', atSeconds);
    const [time] = await ask().query('timestamp(job:hyperdjango_http_requests:rate5m)', atSeconds);
    const series = await ask().queryStored('hyperdjango_http_requests_total[5m]', time?.value ?? Number.NaN);

    expect(new Set(series.map(({ metric }) => metric['instance'])).size).toBe(samples.length);
    const expected = sumOfRates(series, RANGE_SECONDS, time?.value ?? Number.NaN);
    expect(recorded?.value).toBeGreaterThan(0);
    expect((recorded?.value ?? Number.NaN) / expected).toBeCloseTo(1, 3);
  });

  it('records every rule, and none of them for one instance', async () => {
    const { groups } = readYaml('prometheus/rules.yml') as { groups: { rules: { record?: string }[] }[] };
    // All but one: nothing was dropped.
    const names = groups
      .flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []))
      .filter((name) => !name.includes('series_dropped'));
    const recorded = await ask().query('{__name__=~"job(_[a-z]+)*:.+"}', atSeconds);

    expect(new Set(recorded.map(({ metric }) => metric['__name__']))).toEqual(new Set(names));
    expect(recorded.filter(({ metric }) => 'instance' in metric || metric['job'] !== 'bookshop')).toEqual([]);
  });

  it('is federated: the global one has what was recorded, by region, and nothing else', async () => {
    const name = 'job:hyperdjango_http_requests:rate5m';
    const arrived = async (): Promise<boolean> => (await global?.query(name))?.length === 1;
    expect(await poll(arrived, SCRAPED)).toBe(true);

    const [time] = (await global?.query(`timestamp(${name})`)) ?? [];
    const [there] = (await global?.query(name, time?.value)) ?? [];
    const [here] = await ask().query(name, time?.value);
    expect(there).toEqual({ metric: { ...here?.metric, region: 'eu' }, value: here?.value });

    const series = (await global?.query('{job=~".+",job!="federate"}')) ?? [];
    const recorded = await ask().query('{__name__=~"job(_[a-z]+)*:.+"}');
    expect(series.length).toBe(recorded.length);
    expect(series.filter(({ metric }) => 'instance' in metric || metric['region'] !== 'eu')).toEqual([]);
    expect(readDocument('scaling.md')).toContain(`makes ${series.length}, however`);
  });

  it.each(readSeriesTable())(
    'has the series of an instance that docs/scaling.md counts: $families',
    async ({ families, fresh, afterwards }) => {
      const count = async (time: number): Promise<number[]> => {
        const selector = `{__name__=~"${families}",job="bookshop"}`;
        const counts = await ask().query(`count by (instance) (${selector})`, time);
        return samples.map(
          ({ port }) => counts.find(({ metric }) => metric['instance']?.endsWith(`:${port}`))?.value ?? 0,
        );
      };
      const tolerance = toleranceOf(families);
      const furthest = (counts: readonly number[], documented: number): number =>
        Math.max(...counts.map((actual) => Math.abs(actual - documented)));

      const [counts, countsAfterwards] = [await count(freshAtSeconds), await count(atSeconds)];
      expect(furthest(counts, fresh), `${counts.join()} instead of ${fresh}`).toBeLessThanOrEqual(tolerance);
      expect(
        furthest(countsAfterwards, afterwards),
        `${countsAfterwards.join()} instead of ${afterwards}`,
      ).toBeLessThanOrEqual(tolerance);
    },
  );

  it('has no other series than those rows count, and fifteen for each combination of a route', async () => {
    // Alerts are Prometheus' own: the traffic fails on purpose.
    const selector = '{job="bookshop",instance=~".+",__name__!~"ALERTS.*"}';
    const all = await ask().query(`count by (instance) (${selector})`, atSeconds);
    expect(all.length).toBe(samples.length);
    for (const { value } of all) {
      expect(Math.abs(value - documentedSeries('afterwards'))).toBeLessThanOrEqual(RUNTIME_TOLERANCE);
    }

    const [statement] = sent as [TrafficStatement, ...TrafficStatement[]];
    const combinations = statement.requests.filter(({ route }) => route !== '/events').length;
    const routes = await ask().query(
      'count by (instance) ({__name__=~"hyperdjango_http_route_duration_.+"})',
      atSeconds,
    );
    expect(routes.map(({ value }) => value)).toEqual(samples.map(() => combinations * SERIES_OF_A_DURATION));
  });

  it('is within the limits of the configuration, with twice its series and twice its labels, too', async () => {
    const limits = scrapeJob(readYaml('prometheus/prometheus.yml') as PrometheusConfig);
    const [largest] = await ask().query('max(scrape_samples_scraped)', atSeconds);
    expect((largest?.value ?? Number.NaN) * 2).toBeLessThan(limits.sample_limit ?? 0);

    const series = await ask().query('{job="bookshop",__name__!~"ALERTS.*"}', atSeconds);
    const labels = series.map(({ metric }) => Object.keys(metric).length);
    expect(readDocument('scaling.md')).toContain(`A series has up to ${Math.max(...labels)} labels`);
    expect(Math.max(...labels) * 2).toBeLessThan(limits.label_limit ?? 0);
  });
});

function toleranceOf(families: string): number {
  if (families.includes('nodejs')) {
    return RUNTIME_TOLERANCE;
  }
  return families.includes('_limit') ? LIMITS : 0;
}
