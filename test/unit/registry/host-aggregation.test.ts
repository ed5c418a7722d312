import { describe, expect, it } from 'vitest';
import type { Aggregation } from '../../../src/core/family-definition.js';
import { HOST_CLIENTS, type HostUnderTest } from '../../support/host-clients.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';
import { filledHost, filledOwnHost } from './host-setup.js';

/** What three processes recorded. */
const PROCESSES = [
  { jobs: 1, depth: -2, waits: [0.5, 9] },
  { jobs: 10, depth: 7, waits: [] },
  { jobs: 100, depth: 3, waits: [0.5, 0.75] },
];

const AGGREGATORS: readonly (readonly [Aggregation, string, number])[] = [
  ['sum', 'sum', 8],
  ['min', 'min', -2],
  ['max', 'max', 7],
  ['once', 'first', -2],
];

/** As it arrives from another process: the clients send JSON over IPC. */
async function sent(host: HostUnderTest): Promise<object[]> {
  return JSON.parse(JSON.stringify(await host.getMetricsAsJSON())) as object[];
}

describe.each(HOST_CLIENTS)('AggregatorRegistry.aggregate() of %s', (_, client) => {
  const aggregated = async (hosts: readonly HostUnderTest[]) => {
    const registry = client.AggregatorRegistry.aggregate(await Promise.all(hosts.map(sent)));
    return parseExposition(await registry.metrics());
  };

  it.each(AGGREGATORS)('combines gauges of ours by "%s" as its own by "%s"', async (ours, theirs, depth) => {
    const text = await aggregated(PROCESSES.map((one) => filledHost(client, one, ours).host));
    const reference = await aggregated(PROCESSES.map((one) => filledOwnHost(client, one, theirs).host));
    expect(text.series).toEqual(reference.series);
    expect(text.types).toEqual(reference.types);
    expect(text.help).toEqual(reference.help);
    expect(text.series[seriesKey('depth', { queue: 'mail' })]).toBe(depth);
  });

  it('adds counters and the parts of histograms', async () => {
    const { series } = await aggregated(PROCESSES.map((one) => filledHost(client, one).host));
    const mail = { queue: 'mail' };
    expect(series[seriesKey('jobs_total', { queue: 'ma"il\\\n', state: 'ok' })]).toBe(111);
    expect(series[seriesKey('jobs_total', { queue: 'sms', state: '' })]).toBe(222);
    expect(series[seriesKey('wait_seconds_bucket', { ...mail, le: '0.5' })]).toBe(2);
    expect(series[seriesKey('wait_seconds_bucket', { ...mail, le: '1' })]).toBe(3);
    expect(series[seriesKey('wait_seconds_bucket', { ...mail, le: '+Inf' })]).toBe(4);
    expect(series[seriesKey('wait_seconds_sum', mail)]).toBe(10.75);
    expect(series[seriesKey('wait_seconds_count', mail)]).toBe(4);
  });

  it('leaves the samples of a single process as they are, default labels included', async () => {
    const { host, scrape } = filledHost(client, { jobs: 1, depth: -2, waits: [0.5] });
    host.setDefaultLabels({ zone: 'z' });
    expect((await aggregated([host])).series).toEqual((await scrape()).series);
  });

  it('adds families of ours in one process to metrics of its own in another', async () => {
    const [first, second] = PROCESSES as [(typeof PROCESSES)[0], (typeof PROCESSES)[0]];
    const mixed = await aggregated([filledHost(client, first).host, filledOwnHost(client, second).host]);
    const reference = await aggregated([
      filledOwnHost(client, first).host,
      filledOwnHost(client, second).host,
    ]);
    expect(mixed).toEqual(reference);
  });

  it('keeps apart series that only some processes have', async () => {
    const first = filledHost(client, { jobs: 1, depth: 1, waits: [] });
    const second = filledHost(client, { jobs: 1, depth: 1, waits: [] });
    first.depth.set(['only first'], 5);
    second.depth.set(['only second'], 6);
    const { series } = await aggregated([first.host, second.host]);
    expect(series[seriesKey('depth', { queue: 'only first' })]).toBe(5);
    expect(series[seriesKey('depth', { queue: 'only second' })]).toBe(6);
    expect(series[seriesKey('depth', { queue: 'mail' })]).toBe(2);
  });
});
