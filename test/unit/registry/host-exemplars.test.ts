import { describe, expect, it } from 'vitest';
import type { Counter } from '../../../src/core/metric/counter.js';
import type { Histogram } from '../../../src/core/metric/histogram.js';
import { openMetricsFormat } from '../../../src/exposition/open-metrics-format.js';
import { convertForeign } from '../../support/convert-foreign.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { encode } from '../../support/encode.js';
import { HOST_CLIENTS } from '../../support/host-clients.js';
import { parseOpenMetrics, type OpenMetricsSample } from '../../support/parse-open-metrics.js';

const TRACE = { trace_id: 'abc' };
const JOBS = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] } as const;
const WAIT = {
  name: 'wait_seconds',
  type: 'histogram',
  help: 'Waiting.',
  labelNames: [],
  buckets: [1, 2],
} as const;

const exemplarsOf = (samples: readonly OpenMetricsSample[]) =>
  samples
    .filter(({ exemplar }) => exemplar !== undefined)
    .map(({ name, labels, exemplar }) => [name, labels, exemplar?.labels, exemplar?.value]);

const EXPECTED = [
  ['jobs_total', { queue: 'mail' }, TRACE, 2],
  ['wait_seconds_bucket', { le: '2' }, TRACE, 1.5],
  ['wait_seconds_bucket', { le: '+Inf' }, TRACE, 7],
];

describe.each(HOST_CLIENTS)('exemplars in a registry of %s', (_, client) => {
  function setUp() {
    const host = new client.Registry();
    host.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    const registry = new MetricsRegistry(host, 'app_');
    return {
      host,
      registry,
      scrape: async () => parseOpenMetrics(encode(openMetricsFormat, ...(await registry.gather()))),
    };
  }

  it('that metrics of the client keep are in our OpenMetrics', async () => {
    const { host, scrape } = setUp();
    const options = { registers: [host], enableExemplars: true };
    const jobs = new client.Counter({ ...JOBS, ...options }) as unknown as Recording;
    const wait = new client.Histogram({ ...WAIT, ...options }) as unknown as Recording;
    const before = Date.now() / 1000;
    jobs.inc({ labels: { queue: 'mail' }, value: 2, exemplarLabels: TRACE });
    jobs.inc({ labels: { queue: 'sms' }, value: 1 });
    for (const value of [1.5, 7]) {
      wait.observe({ value, exemplarLabels: TRACE });
    }

    const { samples } = await scrape();
    expect(exemplarsOf(samples)).toEqual(EXPECTED);
    const at = samples.find(({ exemplar }) => exemplar !== undefined)?.exemplar?.timestamp ?? 0;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('that ours keep are in metrics() of the client', async () => {
    const { host, registry, scrape } = setUp();
    const jobs = registry.family(JOBS.name, JOBS) as Counter;
    const wait = registry.family(WAIT.name, WAIT) as Histogram;
    jobs.labels('mail').inc(2, TRACE);
    jobs.labels('sms').inc();
    wait.labels().observe(1.5, TRACE);
    wait.labels().observe(7, TRACE);

    const theirs = parseOpenMetrics(Buffer.from(await host.metrics()));
    expect(exemplarsOf(theirs.samples)).toEqual(EXPECTED);
    expect(theirs.samples).toEqual((await scrape()).samples);
  });
});

/** What the clients' metrics take with `enableExemplars`. */
interface Recording {
  inc(increment: object): void;
  observe(observation: object): void;
}

describe('a foreign exemplar', () => {
  const snapshotWith = (exemplar: unknown, type = 'counter') =>
    convertForeign(
      {
        name: 'jobs_total',
        help: 'Jobs.',
        type,
        values: [{ value: 3, labels: {}, exemplar: exemplar as never }],
      },
      {},
    );

  it('may have numbers as label values', () => {
    const { exemplars } = snapshotWith({ labelSet: { span: 7 }, value: 1, timestamp: 1234.5 });
    expect(exemplars?.get(0)).toEqual({ labels: { span: '7' }, value: 1, timestampSeconds: 1234.5 });
  });

  it.each([
    ['has an illegal label', { labelSet: { 'a b': 'x' }, value: 1, timestamp: 1 }],
    ['is too long', { labelSet: { a: 'x'.repeat(128) }, value: 1, timestamp: 1 }],
    ['has no value', { labelSet: TRACE, value: null, timestamp: 1 }],
    ['has no time', { labelSet: TRACE, value: 1 }],
    ['has no labels', { value: 1, timestamp: 1 }],
    ['is null', null],
  ])('is left out, and its sample kept, when it %s', (_, exemplar) => {
    const { exemplars, values } = snapshotWith(exemplar);
    expect([exemplars, [...values]]).toEqual([undefined, [3]]);
  });

  it('is left out of gauges, which have none', () => {
    expect(snapshotWith({ labelSet: TRACE, value: 1, timestamp: 1 }, 'gauge').exemplars).toBeUndefined();
  });
});
