import { describe, expect, it } from 'vitest';
import { MetricConflictError } from '../../../src/core/errors.js';
import { HOST_CLIENTS, type HostUnderTest, jsonSamples } from '../../support/host-clients.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';
import { filledHost, filledOwnHost, JOBS, UP } from './host-setup.js';

const RECORDED = { jobs: 3, depth: Number.NaN, waits: [0.5, 0.75, 9] };
const MAIL_JOBS = seriesKey('jobs_total', { queue: 'ma"il\\\n', state: 'ok' });

const textOf = async (host: HostUnderTest) => parseExposition(await host.metrics());

describe.each(HOST_CLIENTS)('families of ours next to metrics of %s', (_, client) => {
  it('give metrics() the same samples, types and HELP, in the same order', async () => {
    const ours = await textOf(filledHost(client, RECORDED).host);
    expect(ours).toEqual(await textOf(filledOwnHost(client, RECORDED).host));
    expect(ours.samples).toHaveLength(2 + 1 + 5 + 1);
    expect(ours.series[MAIL_JOBS]).toBe(3);
  });

  it('give getMetricsAsJSON() the same samples, types, HELP and aggregators', async () => {
    const ours = await filledHost(client, RECORDED, 'max').host.getMetricsAsJSON();
    const theirs = await filledOwnHost(client, RECORDED, 'max').host.getMetricsAsJSON();
    expect(jsonSamples(ours)).toEqual(jsonSamples(theirs));
    const heads = (metrics: typeof ours) =>
      metrics.map(({ name, help, type, aggregator }) => ({ name, help, type, aggregator }));
    expect(heads(ours)).toEqual(heads(theirs));
    expect(heads(ours).map(({ aggregator }) => aggregator)).toEqual(['sum', 'max', 'sum', 'sum']);
  });

  it.each(['jobs_total', 'depth', 'wait_seconds', 'up'])(
    'give getSingleMetricAsString("%s") the same samples',
    async (name) => {
      const single = async (host: HostUnderTest) =>
        parseExposition(`${await host.getSingleMetricAsString(name)}\n`);
      const ours = await single(filledHost(client, RECORDED).host);
      expect(ours).toEqual(await single(filledOwnHost(client, RECORDED).host));
      expect(Object.keys(ours.types)).toEqual([name]);
    },
  );

  it('are found by getSingleMetric(), whose get() gives their values', async () => {
    const { host } = filledHost(client, RECORDED);
    const metric = host.getSingleMetric('up') as { get(): Promise<{ values: unknown }> };
    expect(await metric.get()).toMatchObject({ name: 'up', type: 'gauge', help: 'Up.', aggregator: 'sum' });
    expect((await metric.get()).values).toEqual([{ value: 1, labels: {} }]);
  });

  it('have the default labels of the host wherever metrics of its own have them', async () => {
    const ours = filledHost(client, RECORDED);
    const theirs = filledOwnHost(client, RECORDED);
    for (const { host } of [ours, theirs]) {
      host.setDefaultLabels({ app: 'shop', queue: 'never', zone: 7 });
    }
    const text = await textOf(ours.host);
    expect(text).toEqual(await textOf(theirs.host));
    expect((await ours.scrape()).samples).toEqual(text.samples);
    expect(text.series[seriesKey('up', { app: 'shop', queue: 'never', zone: '7' })]).toBe(1);
    expect(jsonSamples(await ours.host.getMetricsAsJSON())).toEqual(
      jsonSamples(await theirs.host.getMetricsAsJSON()),
    );
  });

  it('let labels of the application win over default labels of the host, and their own over both', async () => {
    const { host, application, scrape } = filledHost(client, RECORDED);
    application.configure({ defaultLabels: { app: 'ours', queue: 'ours' } });
    host.setDefaultLabels({ app: 'host', state: 'host', zone: 'host' });
    const { series } = await textOf(host);
    expect(series).toEqual((await scrape()).series);
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '', app: 'ours', zone: 'host' })]).toBe(6);
    const up = { app: 'ours', queue: 'ours', state: 'host', zone: 'host' };
    expect(series[seriesKey('up', up)]).toBe(1);
  });

  it('start again with resetMetrics(), and held children record on', async () => {
    const { host, jobs, wait, scrape } = filledHost(client, RECORDED);
    const held = jobs.labels('sms', '');
    host.resetMetrics();
    expect((await textOf(host)).series).toEqual({ [seriesKey('up')]: 0 });
    held.inc(2);
    wait.observe(['mail'], 1);
    const { series } = await textOf(host);
    expect(series).toEqual((await scrape()).series);
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(2);
    expect(series[seriesKey('wait_seconds_bucket', { queue: 'mail', le: '0.5' })]).toBe(0);
    expect(series[seriesKey('wait_seconds_bucket', { queue: 'mail', le: '1' })]).toBe(1);
  });

  it('go with removeSingleMetric() until the next gather, and keep their counts', async () => {
    const { host, jobs, scrape } = filledHost(client, RECORDED);
    host.removeSingleMetric('jobs_total');
    expect(host.getSingleMetric('jobs_total')).toBeUndefined();
    expect((await textOf(host)).series[MAIL_JOBS]).toBeUndefined();
    jobs.inc(['sms', '']);
    expect((await scrape()).series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(7);
    expect((await textOf(host)).series[MAIL_JOBS]).toBe(3);
  });

  it('go with clear() until the next gather, and keep their counts', async () => {
    const { host, depth, scrape } = filledHost(client, RECORDED);
    host.setDefaultLabels({ app: 'shop' });
    host.clear();
    expect(await host.getMetricsAsJSON()).toEqual([]);
    depth.inc(['sms'], 4);
    const { series } = await scrape();
    expect(series[seriesKey('depth', { queue: 'sms' })]).toBe(4);
    expect(series[MAIL_JOBS]).toBe(3);
    expect((await textOf(host)).series).toEqual(series);
  });

  it('stay away after removeSingleMetric() when no application holds them', async () => {
    const { host, registry, scrape } = filledHost(client, RECORDED);
    registry.family('free_total', { ...JOBS, name: 'free_total' });
    host.removeSingleMetric('free_total');
    expect((await scrape()).types['free_total']).toBeUndefined();
  });

  it('keep a metric of the client with the same name out, as one of its own would', () => {
    const { host } = filledHost(client, RECORDED);
    const config = { name: 'up', help: 'Taken.', registers: [host] };
    expect(() => new client.Gauge(config)).toThrow('A metric with the name up has already been registered.');
  });

  it('are kept out by a metric of the client with the same name', async () => {
    const { host, application, scrape } = filledHost(client, RECORDED);
    new client.Gauge({ name: 'taken', help: 'Taken.', registers: [host] }).set(9);
    expect(() => application.customFamily({ ...UP, name: 'taken' })).toThrow(MetricConflictError);
    expect((await scrape()).series[seriesKey('taken')]).toBe(9);
  });
});

describe.each(HOST_CLIENTS)('Registry.merge() of %s', (_, client) => {
  it('takes families of ours from several registries, live', async () => {
    const first = filledHost(client, RECORDED);
    const second = new client.Registry();
    const own = new client.Gauge({ name: 'own', help: 'Own.', registers: [second] });
    own.set(5);
    const merged = client.Registry.merge([first.host, second]);
    first.up.set(2);
    const { series } = await textOf(merged);
    expect(series).toEqual({
      ...(await first.scrape()).series,
      [seriesKey('own')]: 5,
    });
    expect(series[seriesKey('up')]).toBe(2);
  });

  it('loses default labels of the host and keeps those of the application', async () => {
    const { host, application } = filledHost(client, RECORDED);
    application.configure({ defaultLabels: { app: 'shop' } });
    host.setDefaultLabels({ zone: 'z' });
    const { series } = await textOf(client.Registry.merge([host]));
    expect(series[seriesKey('up', { app: 'shop' })]).toBe(1);
  });

  it('refuses the same name twice, as of metrics of its own', () => {
    const merge = (hosts: HostUnderTest[]) => () => client.Registry.merge(hosts);
    const message = 'A metric with the name jobs_total has already been registered.';
    expect(merge([filledHost(client, RECORDED).host, filledHost(client, RECORDED).host])).toThrow(message);
    expect(merge([filledHost(client, RECORDED).host, filledOwnHost(client, RECORDED).host])).toThrow(message);
  });

  it('resets families of ours with the merged registry', async () => {
    const { host, scrape } = filledHost(client, RECORDED);
    client.Registry.merge([host]).resetMetrics();
    expect((await scrape()).series).toEqual({ [seriesKey('up')]: 0 });
  });
});

describe.each(HOST_CLIENTS)('OpenMetrics of a registry of %s', (_, client) => {
  it('has families of ours as it has its own metrics, and is undone by going back', async () => {
    const ours = filledHost(client, RECORDED);
    const theirs = filledOwnHost(client, RECORDED);
    const before = await textOf(ours.host);
    for (const { host } of [ours, theirs]) {
      host.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    }
    const scrapes = [await ours.host.metrics(), await ours.host.metrics()];
    expect(scrapes[1]).toBe(scrapes[0]);
    expect(scrapes[0]?.endsWith('\n# EOF\n')).toBe(true);
    const text = parseExposition(scrapes[0] as string);
    expect(text).toEqual(await textOf(theirs.host));
    expect(text.types).toEqual({ jobs: 'counter', depth: 'gauge', wait_seconds: 'histogram', up: 'gauge' });
    expect((await ours.scrape()).samples).toEqual(text.samples);
    ours.host.setContentType(client.Registry.PROMETHEUS_CONTENT_TYPE);
    expect(await textOf(ours.host)).toEqual(before);
  });

  it('does not rename families of ours in its JSON', async () => {
    const { host } = filledHost(client, RECORDED);
    host.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
    await host.metrics();
    expect((await host.getMetricsAsJSON()).map(({ name }) => name)).toEqual([
      'jobs_total',
      'depth',
      'wait_seconds',
      'up',
    ]);
  });
});
