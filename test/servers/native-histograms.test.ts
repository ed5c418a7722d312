import { Module } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { startApplication, type RunningApplication } from '../support/platforms.js';
import { findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const SCRAPED = { timeoutMs: 60_000, intervalMs: 100 };
const OBSERVATIONS = 20_000;
const QUANTILES = [0.5, 0.95, 0.99];

/** Numbers from 0 to 1, the same in each run. */
function pseudoRandom(): () => number {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

const random = pseudoRandom();
const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
const DISTRIBUTIONS: Readonly<Record<string, () => number>> = {
  uniform_seconds: random,
  log_normal_seconds: () => Math.exp(-3 + normal()),
  bimodal_seconds: () => (random() < 0.7 ? 0.01 * Math.exp(0.2 * normal()) : 2 * Math.exp(0.1 * normal())),
};
const observed = Object.fromEntries(
  Object.entries(DISTRIBUTIONS).map(([name, draw]) => [
    name,
    Float64Array.from({ length: OBSERVATIONS }, draw),
  ]),
);

function moduleOf(registry: Registry, openMetrics: boolean) {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false, endpoint: { openMetrics } })],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

function fill(metrics: MetricsService, registry: Registry): void {
  const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['text'] });
  ['', 'a"b\\c\nd', 'äöü 漢字 😀', '\u0000'].forEach((text, index) => jobs.inc([text], index / 3));
  metrics.gauge({ name: 'depth', help: 'Depth.' }).set(-1e-7);
  metrics.histogram({ name: 'wait_seconds', help: 'Waiting.', buckets: [0.5, 1, 10] }).observe(0.75);
  for (const [name, values] of Object.entries(observed)) {
    const histogram = metrics.histogram({ name, help: name, native: true });
    values.forEach((value) => histogram.observe(value));
  }
  const registers = [registry];
  new Counter({ name: 'foreign', help: 'A counter without _total.', registers }).inc(2);
  new Gauge({ name: 'theirs_depth', help: 'Infinite.', registers }).set(Infinity);
  new Histogram({ name: 'theirs', help: 'Theirs.', registers, buckets: [1, 5] }).observe(2);
  new Summary({ name: 'sizes', help: 'Sizes.', registers, percentiles: [0.5, 1] }).observe(4);
}

const scrapeConfig = (jobs: Readonly<Record<string, RunningApplication>>): string =>
  `global: { scrape_interval: 1s }\nscrape_configs:\n${Object.entries(jobs)
    .map(
      ([job, { port }]) =>
        `  - job_name: '${job}'\n    static_configs: [{ targets: ['127.0.0.1:${port}'] }]\n`,
    )
    .join('')}`;

const skipped = isSkipped('native histograms under Prometheus', findMissingPrograms());

describe.skipIf(skipped)('a Prometheus that stores native histograms', () => {
  const registry = new Registry();
  const applications: RunningApplication[] = [];
  let classic: PrometheusServer | undefined;
  let native: PrometheusServer | undefined;

  beforeAll(async () => {
    const text = await startApplication('express', moduleOf(registry, false));
    const openMetrics = await startApplication('fastify', moduleOf(registry, true));
    applications.push(text, openMetrics);
    fill(text.app.get(MetricsService), registry);
    classic = await PrometheusServer.start(scrapeConfig({ text, openmetrics: openMetrics }));
    native = await PrometheusServer.start(scrapeConfig({ protobuf: text }), {}, [
      '--enable-feature=native-histograms,exemplar-storage',
    ]);
    const scraped = async (): Promise<boolean> =>
      (await classic?.query('up == 1'))?.length === 2 && (await native?.query('up == 1'))?.length === 1;
    if (!(await poll(scraped, SCRAPED))) throw new Error('Prometheus did not scrape.');
  });

  afterAll(async () => {
    await Promise.all([classic?.stop(), native?.stop()]);
    await Promise.all(applications.map((application) => application.close()));
  });

  /** Value by series without what Prometheus and time make different, and without native histograms; `le` as a number. */
  async function stored(server: PrometheusServer | undefined, job: string): Promise<Record<string, number>> {
    const answer =
      (await server?.query(
        `{job="${job}",__name__!~"up|scrape_.*|.*(uptime|scrape)_.*|(uniform|log_normal|bimodal)_seconds.*"}`,
      )) ?? [];
    return Object.fromEntries(
      answer.map(({ metric, value }) => {
        const labels = Object.entries(metric)
          .filter(([name]) => name !== 'instance' && name !== 'job')
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([name, text]) => [name, name === 'le' || name === 'quantile' ? Number(text) : text]);
        return [JSON.stringify(Object.fromEntries(labels)), value];
      }),
    );
  }

  it('stores the same values from protobuf as from text and OpenMetrics', async () => {
    const text = await stored(classic, 'text');
    expect(Object.keys(text).length).toBeGreaterThan(40);
    expect(await stored(classic, 'openmetrics')).toEqual(text);
    expect(await stored(native, 'protobuf')).toEqual(text);
  });

  it.each(Object.keys(DISTRIBUTIONS))('has count, sum and quantiles of %s', async (name) => {
    const values = (observed[name] as Float64Array).toSorted();
    const one = async (query: string) => (await native?.query(query))?.[0]?.value ?? Number.NaN;
    expect(await one(`histogram_count(${name})`)).toBe(OBSERVATIONS);
    expect(await one(`histogram_sum(${name})`)).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
      6,
    );
    for (const quantile of QUANTILES) {
      const exact = values[Math.ceil(quantile * OBSERVATIONS) - 1] as number;
      const estimated = await one(`histogram_quantile(${quantile}, ${name})`);
      expect(Math.abs(estimated / exact - 1)).toBeLessThan(0.02);
    }
  });
});
