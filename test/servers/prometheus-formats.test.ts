import { Module, type INestApplication } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { parseExposition } from '../support/parse-exposition.js';
import { startApplication, type RunningApplication } from '../support/platforms.js';
import { checkMetrics, findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const SCRAPED = { timeoutMs: 60_000, intervalMs: 100 };
const HOSTILE_TEXTS = [
  '',
  ' ',
  '"',
  '\\',
  '\\n',
  '\n',
  '\\"',
  '}',
  '{a="b"} 1',
  '",le="1',
  '# EOF\n',
  '\u0000\u001f\u007f',
  'äöü 漢字 😀',
  '\ud800',
];
const HOSTILE_NUMBERS = [
  0,
  -1,
  0.1 + 0.2,
  1e-7,
  1e21,
  2 ** 53,
  5e-324,
  Number.MAX_VALUE,
  Infinity,
  -Infinity,
];

/** Both have the same registry, and so the same metrics; they differ in what they answer. */
function moduleOf(registry: Registry, openMetrics: boolean) {
  @Module({
    imports: [
      HyperMetricsModule.forRoot({
        registry,
        runtimeMetrics: false,
        defaultLabels: { zone: 'a"b\\c\nd' },
        endpoint: { openMetrics },
      }),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

function fill(app: INestApplication, registry: Registry): void {
  const metrics = app.get(MetricsService);
  const labelNames = ['text'] as const;
  const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs "done" \\ or\nnot.', labelNames });
  const depth = metrics.gauge({ name: 'depth', help: 'Depth.', labelNames });
  const wait = metrics.histogram({
    name: 'wait_seconds',
    help: 'Waiting.',
    labelNames,
    buckets: [0, 0.005, 1, 2.5, 10, 1e6, 1e21],
  });
  HOSTILE_TEXTS.forEach((text, index) => {
    jobs.labels(text).inc(index, { trace_id: `"${index}\\` });
    depth.set([text], HOSTILE_NUMBERS[index % HOSTILE_NUMBERS.length] ?? 0);
    wait.labels(text).observe(index, { trace_id: 'x' });
  });
  const registers = [registry];
  new Counter({ name: 'foreign', help: 'A counter without _total.', registers }).inc(2);
  new Gauge({ name: 'jobs', help: 'Called like a counter without _total.', registers }).set(3);
  new Histogram({ name: 'theirs', help: 'Theirs.', registers, buckets: [1, 5] }).observe(2);
  new Summary({ name: 'sizes', help: 'Sizes.', registers, percentiles: [0.5, 1] }).observe(4);
}

const skipped = isSkipped('formats under Prometheus', findMissingPrograms());

describe.skipIf(skipped)('a real Prometheus', () => {
  const registry = new Registry();
  const applications: RunningApplication[] = [];
  let prometheus: PrometheusServer | undefined;

  beforeAll(async () => {
    applications.push(await startApplication('express', moduleOf(registry, false)));
    applications.push(await startApplication('fastify', moduleOf(registry, true)));
    fill((applications[0] as RunningApplication).app, registry);
    const jobs = applications.map(
      ({ port }, index) =>
        `  - job_name: '${index === 0 ? 'text' : 'openmetrics'}'\n    static_configs: [{ targets: ['127.0.0.1:${port}'] }]\n`,
    );
    prometheus = await PrometheusServer.start(
      `global: { scrape_interval: 1s }\nscrape_configs:\n${jobs.join('')}`,
    );
    const scraped = async (): Promise<boolean> => (await prometheus?.query('up'))?.length === 2;
    if (!(await poll(scraped, SCRAPED))) throw new Error('Prometheus did not scrape.');
  });

  afterAll(async () => {
    await prometheus?.stop();
    await Promise.all(applications.map((application) => application.close()));
  });

  /** Value by series, sorted, without what Prometheus and time make different. */
  async function stored(job: string): Promise<Map<string, number>> {
    const answer =
      (await prometheus?.query(`{job="${job}",__name__!~"up|scrape_.*|.*(uptime|scrape)_.*"}`)) ?? [];
    return new Map(
      answer
        .map(({ metric, value }): [string, number] => {
          const labels = Object.entries(metric).filter(([name]) => name !== 'instance' && name !== 'job');
          return [JSON.stringify(labels.toSorted(([a], [b]) => compare(a, b))), value];
        })
        .toSorted(([a], [b]) => compare(a, b)),
    );
  }

  it('accepts both formats', async () => {
    expect((await prometheus?.query('up'))?.map(({ value }) => value)).toEqual([1, 1]);
  });

  it('asks for OpenMetrics where it is switched on, and for text elsewhere', async () => {
    expect(await prometheus?.metadata('openmetrics')).toMatchObject({
      jobs_total: 'unknown',
      foreign: 'unknown',
      jobs: 'gauge',
      hyperdjango_http_requests: 'counter',
    });
    expect(await prometheus?.metadata('text')).toMatchObject({
      jobs_total: 'counter',
      foreign: 'counter',
      hyperdjango_http_requests_total: 'counter',
    });
  });

  it('stores the same series with the same values from both', async () => {
    const [text, openMetrics] = [await stored('text'), await stored('openmetrics')];
    expect(text.size).toBeGreaterThan(HOSTILE_TEXTS.length * 13);
    expect([...openMetrics]).toEqual([...text]);
  });

  it('stores what was recorded, label by label', async () => {
    const expected = HOSTILE_TEXTS.map((text, index) => [text.toWellFormed(), index]);
    const answer = (await prometheus?.query('jobs_total{job="text"}')) ?? [];
    expect(
      answer
        .map(({ metric, value }) => [metric['text'] ?? '', value])
        .toSorted(([, a], [, b]) => Number(a) - Number(b)),
    ).toEqual(expected);
    expect(new Set(answer.map(({ metric }) => metric['zone']))).toEqual(new Set(['a"b\\c\nd']));
  });

  it('finds nothing in hostile label values that promtool objects to', async () => {
    const exposition = await (await fetch(`${applications[0]?.url}/metrics`)).text();
    expect(Object.keys(parseExposition(exposition).types)).toContain('wait_seconds');
    expect(
      checkMetrics(exposition).filter((line) => !line.startsWith('foreign counter metrics should have')),
    ).toEqual([]);
  });
});

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
