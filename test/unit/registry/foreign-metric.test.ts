import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Counter as OwnCounter } from '../../../src/core/metric/counter.js';
import { convertForeign } from '../../support/convert-foreign.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

function setUp() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  return {
    host,
    registry,
    scrape: async () => parseExposition(await exposeAsText(registry)),
    scrapeByHost: async () => parseExposition(await host.metrics()),
    errorsOf: (collector: string) =>
      (registry.find('app_metrics_collector_errors_total') as OwnCounter | undefined)?.labels(collector)
        .value ?? 0,
  };
}

describe('metrics that the host made with prom-client', () => {
  it('are served in every type as prom-client serves them itself', async () => {
    const { host, scrape, scrapeByHost } = setUp();
    const registers = [host];
    const counter = new Counter({ name: 'c_total', help: 'C "x" \\\n.', labelNames: ['a'], registers });
    const gauge = new Gauge({ name: 'g', help: 'G.', registers });
    const labelNames = ['a', 'b'];
    const histogram = new Histogram({ name: 'h', help: 'H.', labelNames, buckets: [0.1, 1, 2.5], registers });
    const summary = new Summary({ name: 's', help: 'S.', labelNames, percentiles: [0.5, 0.9], registers });
    new Histogram({ name: 'empty', help: 'Nothing yet.', labelNames, registers });
    new Histogram({ name: 'zero', help: 'Nothing yet.', registers });
    counter.inc({ a: '"\n\\' }, 2);
    gauge.set(-Infinity);
    for (const value of [0.1, 0.5, 2, 7]) {
      histogram.observe({ a: 'x', b: 'y' }, value);
      histogram.observe({ a: 'x' }, value);
      summary.observe({ a: 'x', b: 'y' }, value);
      summary.observe({ b: 'y' }, value);
    }
    const ours = await scrape();
    const theirs = await scrapeByHost();
    expect(ours.series).toEqual(theirs.series);
    expect(ours.types).toEqual(theirs.types);
    expect(ours.help).toEqual(theirs.help);
    expect(ours.series[seriesKey('h_bucket', { a: 'x', b: 'y', le: '1' })]).toBe(2);
    expect(ours.series[seriesKey('h_bucket', { a: 'x', le: '+Inf' })]).toBe(4);
    expect(ours.series[seriesKey('s_sum', { b: 'y' })]).toBeCloseTo(9.6, 9);
    expect(ours.types['empty']).toBe('histogram');
  });

  it('have the default labels of the host; their own labels win', async () => {
    const { host, scrape, scrapeByHost } = setUp();
    const labelNames = ['zone'];
    new Counter({ name: 'c_total', help: 'C.', labelNames, registers: [host] }).inc({ zone: 'own' });
    new Gauge({ name: 'g', help: 'G.', labelNames, registers: [host] }).set(2);
    const histogram = new Histogram({ name: 'h', help: 'H.', labelNames, buckets: [1], registers: [host] });
    histogram.observe({ zone: 'own' }, 1);
    histogram.observe({}, 2);
    host.setDefaultLabels({ zone: 'default', app: 'shop' });
    const { series } = await scrape();
    expect(series).toEqual((await scrapeByHost()).series);
    expect(series[seriesKey('c_total', { zone: 'own', app: 'shop' })]).toBe(1);
    expect(series[seriesKey('g', { zone: 'default', app: 'shop' })]).toBe(2);
    expect(series[seriesKey('h_sum', { zone: 'default', app: 'shop' })]).toBe(2);
  });

  it('never get our own default labels', async () => {
    const { host, registry, scrape } = setUp();
    registry.configure({ defaultLabels: { app: 'shop' } }, {});
    new Gauge({ name: 'g', help: 'G.', registers: [host] }).set(1);
    expect((await scrape()).series).toEqual({ [seriesKey('g')]: 1 });
  });

  it('may have numbers as label values, and labels that only some series have', async () => {
    const { host, scrape } = setUp();
    const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: ['code', 'zone'], registers: [host] });
    gauge.set({ code: 200 }, 1);
    gauge.set({ zone: 'eu' }, 2);
    gauge.set({ code: 200, zone: 'eu' }, 3);
    gauge.set(4);
    expect((await scrape()).series).toEqual({
      [seriesKey('g', { code: '200' })]: 1,
      [seriesKey('g', { zone: 'eu' })]: 2,
      [seriesKey('g', { code: '200', zone: 'eu' })]: 3,
      [seriesKey('g')]: 4,
    });
  });

  it('whose collect() throws or rejects are absent and counted; the rest is served', async () => {
    const { host, scrape, errorsOf } = setUp();
    const registers = [host];
    new Gauge({
      name: 'throwing',
      help: 'T.',
      registers,
      collect() {
        throw new Error('broken');
      },
    });
    new Gauge({ name: 'rejecting', help: 'R.', registers, collect: () => Promise.reject(new Error('no')) });
    new Gauge({ name: 'healthy', help: 'H.', registers }).set(1);
    const first = await scrape();
    expect(first.series[seriesKey('healthy')]).toBe(1);
    expect(Object.keys(first.types)).not.toContain('throwing');
    expect(Object.keys(first.types)).not.toContain('rejecting');
    expect([errorsOf('throwing'), errorsOf('rejecting'), errorsOf('healthy')]).toEqual([1, 1, 0]);
    await scrape();
    expect([errorsOf('throwing'), errorsOf('rejecting')]).toEqual([2, 2]);
  });

  it('are collected when they are read', async () => {
    const { host, scrape } = setUp();
    let reads = 0;
    new Gauge({
      name: 'g',
      help: 'G.',
      registers: [host],
      collect() {
        reads += 1;
        this.set(reads);
      },
    });
    expect((await scrape()).series).toEqual({ [seriesKey('g')]: 1 });
    expect((await scrape()).series).toEqual({ [seriesKey('g')]: 2 });
  });
});

describe('foreignSnapshot', () => {
  it('takes a type it does not know as untyped', () => {
    const values = [{ value: 1, labels: {} }];
    expect(convertForeign({ name: 'x', help: 'X.', type: 'stateset', values }, {}).descriptor.type).toBe(
      'untyped',
    );
  });

  it('puts series with and without a label named like an object’s method apart', () => {
    const { labelRows } = convertForeign(
      {
        name: 'x',
        help: 'X.',
        type: 'gauge',
        values: [
          { value: 1, labels: { constructor: 'a' } },
          { value: 2, labels: {} },
        ],
      },
      {},
    );
    expect(labelRows).toEqual([['a'], [undefined]]);
  });

  it('keeps histograms whole whose series have different buckets', () => {
    const bucket = (series: string, le: number | string, value: number) => ({
      metricName: 'h_bucket',
      labels: { series, le },
      value,
    });
    const { descriptor, values } = convertForeign(
      {
        name: 'h',
        help: 'H.',
        type: 'histogram',
        values: [
          bucket('a', 1, 3),
          bucket('a', '+Inf', 5),
          bucket('b', 2, 4),
          bucket('b', '+Inf', 4),
          { metricName: 'h_count', labels: { series: 'a' }, value: 5 },
          { metricName: 'h_sum', labels: { series: 'a' }, value: 9 },
        ],
      },
      {},
    );
    expect(descriptor.buckets).toEqual([1, 2]);
    expect([...values]).toEqual([3, 0, 2, 0, 4, 0]);
  });
});

const histogramOf = (buckets: readonly { readonly le?: string; readonly value: number }[]) => ({
  name: 'a',
  help: 'H.',
  type: 'histogram',
  values: buckets.map(({ le, value }) => ({ metricName: 'a_bucket', labels: { le }, value })),
});

describe('an object that is no proper metric', () => {
  it.each([
    ['an illegal name', { name: 'a b', help: 'H.', type: 'gauge', values: [] }],
    [
      'an illegal label',
      { name: 'a', help: 'H.', type: 'gauge', values: [{ value: 1, labels: { 'x"\n': 'y' } }] },
    ],
    ['no values', { name: 'a', help: 'H.', type: 'gauge' }],
    ['a text for a value', { name: 'a', help: 'H.', type: 'gauge', values: [{ value: 'abc', labels: {} }] }],
    [
      'the same series twice',
      {
        name: 'a',
        help: 'H.',
        type: 'gauge',
        values: [
          { value: 1, labels: { x: '1' } },
          { value: 2, labels: { x: 1 } },
        ],
      },
    ],
    ['a bound that is no number', histogramOf([{ le: 'abc', value: 1 }])],
    ['a bucket without bound', histogramOf([{ value: 1 }])],
    [
      'one bucket twice',
      histogramOf([
        { le: '1', value: 1 },
        { le: '1.0', value: 1 },
      ]),
    ],
    [
      'two sums',
      {
        ...histogramOf([]),
        values: [
          { metricName: 'a_sum', value: 1 },
          { metricName: 'a_sum', value: 2 },
        ],
      },
    ],
  ])('with %s is refused', (_, metric) => {
    expect(() => convertForeign(metric as never, {})).toThrow(/\w/);
  });

  it('with help that is no text does not break the exposition', () => {
    const metric = { name: 'a', help: undefined, type: 'gauge', values: [{ value: 1, labels: {} }] };
    expect(convertForeign(metric as never, {}).descriptor.help).toBe('');
  });

  it('whose samples leave their labels out has series without labels', () => {
    const metric = { name: 'a', help: 'A.', type: 'gauge', values: [{ value: 3 }] };
    const { labelRows, values } = convertForeign(metric, {});
    expect(labelRows).toEqual([[]]);
    expect([...values]).toEqual([3]);
  });
});
