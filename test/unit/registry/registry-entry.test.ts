import { AggregatorRegistry, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { samplesOf } from '../../../src/core/samples.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

/** One family of each type with hostile values, in a registry of prom-client. */
function filledRegistry(host = new Registry()) {
  const registry = new MetricsRegistry(host, 'app_');
  const application = new RegistryLease(registry);
  const counter = application.customFamily({
    name: 'jobs_total',
    type: 'counter',
    help: 'Jobs\n"done" \\.',
    labelNames: ['queue', 'state'],
  });
  const gauge = application.customFamily({
    name: 'depth',
    type: 'gauge',
    help: 'Depth.',
    labelNames: ['queue'],
    aggregation: 'max',
  });
  const histogram = application.customFamily({
    name: 'wait_seconds',
    type: 'histogram',
    help: 'Waiting.',
    labelNames: ['queue'],
    buckets: [0.5, 1],
  });
  counter.inc(['ma"il\\\n', 'ok'], 3);
  counter.inc(['sms', ''], 4.5);
  gauge.set(['mail'], -2);
  gauge.set(['nan'], Number.NaN);
  gauge.set(['inf'], Infinity);
  histogram.observe(['mail'], 0.5);
  histogram.observe(['mail'], 0.75);
  histogram.observe(['mail'], 9);
  return { host, registry, application, counter, gauge, histogram };
}

const ownSeries = async (registry: MetricsRegistry) => parseExposition(await exposeAsText(registry));

describe('a family of ours in prom-client’s registry', () => {
  it('is found under its name', () => {
    const { host, registry, counter } = filledRegistry();
    expect(host.getSingleMetric('jobs_total')).toMatchObject({ name: 'jobs_total', type: 'counter' });
    expect(registry.find('jobs_total')).toBe(counter);
    expect(registry.find('nothing')).toBeUndefined();
  });

  it('has the same samples, types and HELP in metrics() as in our own exposition', async () => {
    const { host, registry } = filledRegistry();
    const ours = await ownSeries(registry);
    const theirs = parseExposition(await host.metrics());
    expect(theirs.series).toEqual(ours.series);
    expect(theirs.types).toEqual(ours.types);
    expect(theirs.help).toEqual(ours.help);
    expect(ours.series[seriesKey('jobs_total', { queue: 'ma"il\\\n', state: 'ok' })]).toBe(3);
    expect(ours.samples).toHaveLength(2 + 3 + 5);
  });

  it('has the same samples with default labels of ours and of the host, where the own label wins', async () => {
    const { host, registry, application } = filledRegistry();
    application.configure({ defaultLabels: { app: 'shop', queue: 'never' } });
    host.setDefaultLabels({ app: 'host', zone: 'z', state: 'never' });
    const ours = await ownSeries(registry);
    expect(parseExposition(await host.metrics()).series).toEqual(ours.series);
    const expected = { queue: 'sms', state: '', app: 'shop', zone: 'z' };
    expect(ours.series[seriesKey('jobs_total', expected)]).toBe(4.5);
  });

  it('is rendered by getSingleMetricAsString()', async () => {
    const { host } = filledRegistry();
    const { samples } = parseExposition(`${await host.getSingleMetricAsString('wait_seconds')}\n`);
    expect(samples.map(({ name, value }) => [name, value])).toEqual([
      ['wait_seconds_bucket', 1],
      ['wait_seconds_bucket', 2],
      ['wait_seconds_bucket', 3],
      ['wait_seconds_sum', 10.25],
      ['wait_seconds_count', 3],
    ]);
  });

  it('has the same samples in getMetricsAsJSON(), with its aggregator', async () => {
    const { host, registry } = filledRegistry();
    const json = await host.getMetricsAsJSON();
    expect(json.map(({ name, type, aggregator }) => [name, type, aggregator])).toEqual([
      ['jobs_total', 'counter', 'sum'],
      ['depth', 'gauge', 'max'],
      ['wait_seconds', 'histogram', 'sum'],
    ]);
    const fromJson = json.flatMap(({ name, values }) =>
      (values as { metricName?: string; labels: Record<string, string>; value: number }[]).map(
        ({ metricName, labels, value }) => ({ name: metricName ?? name, labels, value }),
      ),
    );
    expect(fromJson).toEqual((await registry.gather()).flatMap(samplesOf));
  });

  it('goes back to its start with resetMetrics(), and held children still record', async () => {
    const { host, registry, counter, histogram } = filledRegistry();
    const held = counter.labels('sms', '');
    const unlabelled = registry.family('up', {
      name: 'up',
      type: 'gauge',
      help: 'Up.',
      labelNames: [],
    }) as Gauge;
    unlabelled.set(7);
    host.resetMetrics();
    expect((await ownSeries(registry)).series).toEqual({ [seriesKey('up')]: 0 });
    held.inc(2);
    histogram.observe(['mail'], 1);
    const { series } = await ownSeries(registry);
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(2);
    expect(series[seriesKey('wait_seconds_count', { queue: 'mail' })]).toBe(1);
  });

  it('is removed by removeSingleMetric() of the host until the next gather', async () => {
    const { host, registry, counter } = filledRegistry();
    host.removeSingleMetric('jobs_total');
    counter.inc(['sms', '']);
    const { series } = await ownSeries(registry);
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(5.5);
    expect(host.getSingleMetric('jobs_total')).toBeDefined();
  });
});

describe('AggregatorRegistry', () => {
  it('aggregates the JSON of several processes by the rules of the families', async () => {
    const first = filledRegistry();
    const second = filledRegistry();
    second.counter.inc(['sms', ''], 10);
    second.gauge.set(['mail'], 5);
    second.histogram.observe(['mail'], 0.1);
    const aggregated = AggregatorRegistry.aggregate([
      await first.host.getMetricsAsJSON(),
      await second.host.getMetricsAsJSON(),
    ]);
    const { series, types } = parseExposition(await aggregated.metrics());
    expect(types).toEqual({ jobs_total: 'counter', depth: 'gauge', wait_seconds: 'histogram' });
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(19);
    expect(series[seriesKey('jobs_total', { queue: 'ma"il\\\n', state: 'ok' })]).toBe(6);
    expect(series[seriesKey('depth', { queue: 'mail' })]).toBe(5);
    expect(series[seriesKey('wait_seconds_bucket', { queue: 'mail', le: '0.5' })]).toBe(3);
    expect(series[seriesKey('wait_seconds_bucket', { queue: 'mail', le: '+Inf' })]).toBe(7);
    expect(series[seriesKey('wait_seconds_sum', { queue: 'mail' })]).toBeCloseTo(20.6, 9);
    expect(series[seriesKey('wait_seconds_count', { queue: 'mail' })]).toBe(7);
  });

  it('leaves the samples of a single process as they are', async () => {
    const { host, registry } = filledRegistry();
    const aggregated = AggregatorRegistry.aggregate([await host.getMetricsAsJSON()]);
    const ours = await ownSeries(registry);
    expect(parseExposition(await aggregated.metrics()).series).toEqual(ours.series);
  });
});

it('Registry.merge() takes families of ours', async () => {
  const { host, registry } = filledRegistry();
  const merged = Registry.merge([host, new Registry()]);
  expect(parseExposition(await merged.metrics()).series).toEqual((await ownSeries(registry)).series);
});

it('the family classes stay what prom-client users expect by name', () => {
  const { counter, gauge, histogram } = filledRegistry();
  expect(counter).toBeInstanceOf(Counter);
  expect(gauge).toBeInstanceOf(Gauge);
  expect(histogram).toBeInstanceOf(Histogram);
});
