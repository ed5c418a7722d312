import { Controller, Get, Injectable, Module, type Type } from '@nestjs/common';
import { gunzipSync } from 'node:zlib';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  defineHistogram,
  getMetricToken,
  HyperMetricsModule,
  MetricsService,
  type Histogram as OurHistogram,
  type HyperMetricsOptions,
  Timed,
} from '../../src/index.js';
import {
  bucketsOfSpans,
  type DecodedFamily,
  type DecodedHistogram,
  decodeProtobuf,
  samplesOfProtobuf,
} from '../support/decode-protobuf.js';
import { ask } from '../support/http-client.js';
import { modelHistogram } from '../support/native-model.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const ACCEPT = `${CONTENT_TYPE.replaceAll(' ', '')},application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5,*/*;q=0.1`;
const PROTOBUF = { Accept: ACCEPT };
/** They change with each scrape. */
const MOVING = /uptime_seconds|metrics_scrape_duration/;

const basketSizes = defineHistogram({
  name: 'basket_size',
  help: 'Books in a basket.',
  native: true,
  classic: false,
});

@Injectable()
class Shelves {
  constructor() {
    this.count();
  }

  @Timed()
  count(): number {
    return 7;
  }
}

@Controller()
class ShelvesController {
  constructor(private readonly shelves: Shelves) {}

  @Get('shelves')
  count(): number {
    return this.shelves.count();
  }
}

function moduleOf(options: HyperMetricsOptions): Type {
  @Module({
    imports: [
      HyperMetricsModule.forRoot({ runtimeMetrics: false, ...options }),
      HyperMetricsModule.forFeature([basketSizes]),
    ],
    controllers: [ShelvesController],
    providers: [Shelves],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

function fillForeign(registry: Registry): void {
  const registers = [registry];
  new Counter({ name: 'foreign', help: 'Without _total.', registers, labelNames: ['a'] }).inc(
    { a: 'ü"\n' },
    2,
  );
  new Gauge({ name: 'depth', help: 'Depth.', registers }).set(-3.5);
  new Histogram({ name: 'theirs', help: 'Theirs.', registers, buckets: [1, 5] }).observe(2);
  new Summary({ name: 'sizes', help: 'Sizes.', registers, percentiles: [0.5, 1] }).observe(4);
  registry.registerMetric({
    name: 'odd',
    get: () => ({ name: 'odd', help: 'Odd.', type: 'unknown', values: [{ value: 7, labels: {} }] }),
  } as never);
}

function familyOf(families: readonly DecodedFamily[], name: string): DecodedFamily {
  const found = families.find((family) => family.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

function histogramOf(families: readonly DecodedFamily[], name: string): DecodedHistogram | undefined {
  return familyOf(families, name).metric?.[0]?.histogram;
}

describe.each(PLATFORMS)('scrapes for protobuf on %s', (platform) => {
  let application: RunningApplication | undefined;

  afterEach(async () => {
    await application?.close();
    application = undefined;
  });

  async function start(options: HyperMetricsOptions = {}): Promise<{ url: string; metrics: MetricsService }> {
    const registry = new Registry();
    fillForeign(registry);
    application = await startApplication(
      platform,
      moduleOf({ registry, nativeHistograms: true, ...options }),
    );
    const metrics = application.app.get(MetricsService);
    return { url: metrics.endpointUrl ?? `${application.url}/metrics`, metrics };
  }

  it('have the samples of the text, of our families and those of the host', async () => {
    const { url } = await start({ defaultLabels: { zone: 'a"b\\c\nd' } });
    await fetch(`${application?.url}/books`);
    const [binary, text] = [await ask(url, PROTOBUF), await ask(url)];
    expect(binary.headers).toMatchObject({ 'content-type': CONTENT_TYPE, vary: 'Accept, Accept-Encoding' });
    const families = decodeProtobuf(binary.body);
    const expected = parseExposition(text.body);
    expect(Object.fromEntries(families.map(({ name, type }) => [name, type.toLowerCase()]))).toEqual(
      expected.types,
    );
    expect(Object.fromEntries(families.map(({ name, help }) => [name, help]))).toEqual(expected.help);
    const steady = (series: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(series).filter(([key]) => !MOVING.test(key)));
    const samples = samplesOfProtobuf(families).map(({ name, labels, value }) => [
      seriesKey(name, labels),
      value,
    ]);
    expect(steady(Object.fromEntries(samples) as Record<string, number>)).toEqual(steady(expected.series));
    expect(samples.length).toBeGreaterThan(50);
  });

  it('have native buckets beside the classic ones for durations, and for no other family', async () => {
    const { url, metrics } = await start();
    const observed = [0.001, 0.02, 0.3, 4, 50];
    observed.forEach((value) => metrics.httpRequestDuration.observe(value));
    const families = decodeProtobuf((await ask(url, PROTOBUF)).body);
    const histogram = histogramOf(families, 'hyperdjango_http_request_duration_seconds') as DecodedHistogram;
    const { schema, zeroThreshold, zeroCount, sampleCount, bucket } = histogram;
    expect(sampleCount).toBe(observed.length);
    expect(bucket?.at(-1)).toMatchObject({ upperBound: Infinity, cumulativeCount: observed.length });
    expect({
      schema,
      zeroThreshold,
      zeroCount,
      positive: bucketsOfSpans(histogram.positiveSpan, histogram.positiveDelta),
      negative: {},
    }).toEqual(modelHistogram(observed, 160));
    const withNative = families
      .filter(({ metric = [] }) => metric[0]?.histogram?.schema !== undefined)
      .map(({ name }) => name);
    expect(withNative.toSorted()).toEqual([
      'basket_size',
      'hyperdjango_http_request_duration_seconds',
      'hyperdjango_metrics_scrape_duration_seconds',
    ]);
  });

  it('have native buckets of handlers and methods, whose families are made before the application starts', async () => {
    const { url } = await start({ http: { handlers: true } });
    expect((await ask(`${application?.url}/shelves`)).body.toString()).toBe('7');
    const families = decodeProtobuf((await ask(url, PROTOBUF)).body);
    for (const name of ['hyperdjango_handler_duration_seconds', 'hyperdjango_method_duration_seconds']) {
      const histograms = familyOf(families, name).metric?.map(({ histogram }) => histogram) ?? [];
      expect(histograms.length).toBeGreaterThan(0);
      expect(histograms.filter((histogram) => histogram?.schema === undefined)).toEqual([]);
    }
  });

  it('have own native histograms without the option, with its limit otherwise', async () => {
    const { url, metrics } = await start({ nativeHistograms: false });
    const own = metrics.histogram({ name: 'own', help: 'Own.', labelNames: ['kind'], native: true });
    const injected = application?.app.get<OurHistogram<never>>(getMetricToken(basketSizes));
    for (let index = 0; index < 1000; index += 1) {
      own.observe({ kind: 'a' }, 1.1 ** index);
      injected?.observe(index);
    }
    const families = decodeProtobuf((await ask(url, PROTOBUF)).body);
    expect(histogramOf(families, 'hyperdjango_http_request_duration_seconds')).not.toHaveProperty('schema');
    const { positiveDelta, bucket } = histogramOf(families, 'own') as DecodedHistogram;
    expect(positiveDelta?.length).toBeGreaterThan(80);
    expect(positiveDelta?.length).toBeLessThanOrEqual(160);
    expect(bucket).toHaveLength(12);
    expect(histogramOf(families, 'basket_size')).not.toHaveProperty('bucket');
    expect(histogramOf(families, 'basket_size')).toMatchObject({ sampleCount: 1000, zeroCount: 1 });
    const text = parseExposition((await ask(url)).body);
    const basket = text.samples.filter(({ name }) => name.startsWith('basket_size'));
    expect(basket).toEqual([
      { name: 'basket_size_bucket', labels: { le: '+Inf' }, value: 1000 },
      { name: 'basket_size_sum', labels: {}, value: 499_500 },
      { name: 'basket_size_count', labels: {}, value: 1000 },
    ]);
  });

  it('keep the limit of buckets', async () => {
    const { url, metrics } = await start({ nativeHistograms: { maxBuckets: 12 } });
    const baskets = application?.app.get<OurHistogram<never>>(getMetricToken(basketSizes));
    for (let index = 0; index < 500; index += 1) {
      metrics.httpRequestDuration.observe(0.001 * 1.05 ** index);
      baskets?.observe(1.05 ** index);
    }
    const families = decodeProtobuf((await ask(url, PROTOBUF)).body);
    for (const name of ['hyperdjango_http_request_duration_seconds', 'basket_size']) {
      const { positiveDelta } = histogramOf(families, name) as DecodedHistogram;
      expect(positiveDelta?.length).toBeGreaterThan(5);
      expect(positiveDelta?.length).toBeLessThanOrEqual(12);
    }
  });

  it('have exemplars, and the times at which counters and histograms began', async () => {
    const before = Date.now();
    const { url, metrics } = await start();
    metrics.counter({ name: 'jobs_total', help: 'Jobs.' }).labels().inc(2, { trace_id: 'ab' });
    metrics.httpRequestDuration.labels().observe(0.3, { trace_id: 'cd' });
    const families = decodeProtobuf((await ask(url, PROTOBUF)).body);
    const counter = familyOf(families, 'jobs_total').metric?.[0]?.counter;
    expect(counter?.exemplar).toMatchObject({ label: [{ name: 'trace_id', value: 'ab' }], value: 2 });
    const { seconds = 0, nanos = 0 } = counter?.createdTimestamp ?? {};
    expect(seconds * 1000 + nanos / 1e6).toBeGreaterThanOrEqual(before);
    expect(seconds * 1000 + nanos / 1e6).toBeLessThanOrEqual(Date.now());
    const histogram = histogramOf(families, 'hyperdjango_http_request_duration_seconds');
    expect(histogram?.bucket?.flatMap(({ exemplar }) => exemplar ?? [])).toMatchObject([
      { label: [{ name: 'trace_id', value: 'cd' }], value: 0.3 },
    ]);
    expect(histogram?.createdTimestamp?.seconds).toBeGreaterThanOrEqual(Math.floor(before / 1000));
  });

  it('come compressed, filtered, for HEAD, and from a port of their own', async () => {
    const { url } = await start({ endpoint: { port: 0 } });
    const zipped = await ask(url, { ...PROTOBUF, 'Accept-Encoding': 'gzip' });
    expect(zipped.headers).toMatchObject({ 'content-type': CONTENT_TYPE, 'content-encoding': 'gzip' });
    expect(decodeProtobuf(gunzipSync(zipped.body)).length).toBeGreaterThan(8);
    const filtered = decodeProtobuf((await ask(`${url}?name[]=theirs_bucket`, PROTOBUF)).body);
    expect(filtered.map(({ name }) => name)).toEqual(['theirs']);
    const head = await ask(url, PROTOBUF, 'HEAD');
    expect(head.headers['content-type']).toBe(CONTENT_TYPE);
    expect(head.body).toHaveLength(0);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1000);
  });

  it('are answered apart from scrapes for text at the same time', async () => {
    const { url } = await start();
    const answers = await Promise.all([ask(url, PROTOBUF), ask(url), ask(url, PROTOBUF)]);
    expect(answers.map(({ headers }) => headers['content-type'])).toEqual([
      CONTENT_TYPE,
      'text/plain; version=0.0.4; charset=utf-8',
      CONTENT_TYPE,
    ]);
    answers
      .filter((_, index) => index !== 1)
      .forEach(({ body }) => {
        expect(decodeProtobuf(body).length).toBeGreaterThan(8);
      });
  });

  it('are refused as others are, in plain text', async () => {
    const { url } = await start({ endpoint: { bearerToken: 'secret' } });
    const { status, headers } = await ask(url, PROTOBUF);
    expect([status, headers['content-type']]).toEqual([401, 'text/plain; charset=utf-8']);
  });

  it('get text when they ask for another form of protobuf', async () => {
    const { url } = await start();
    for (const accept of [
      'application/vnd.google.protobuf',
      ACCEPT.replace('delimited', 'text'),
      ACCEPT.replace('delimited', 'compact-text'),
      ACCEPT.replace('MetricFamily', 'Metric'),
    ]) {
      const { headers } = await ask(url, { Accept: accept });
      expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    }
  });
});
