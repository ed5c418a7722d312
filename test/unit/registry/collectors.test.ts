import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Collector } from '../../../src/core/collector.js';
import type { Counter } from '../../../src/core/counter.js';
import type { Aggregation, FamilyDefinition, MetricType } from '../../../src/core/family-definition.js';
import { scalarSnapshot, type FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

const ERRORS = 'app_metrics_collector_errors_total';

const pulled = (name: string, type: MetricType, aggregation?: Aggregation): FamilyDefinition => ({
  name,
  type,
  help: `${name}.`,
  labelNames: ['pool'],
  ...(aggregation && { aggregation }),
});
const SIZE = pulled('size', 'gauge');
const OPENED = pulled('opened_total', 'counter');

const reading = (definition: FamilyDefinition, values: Readonly<Record<string, number>>): FamilySnapshot =>
  scalarSnapshot(
    definition,
    Object.entries(values).map(([pool, value]) => ({ labelRow: [pool], value })),
  );

const collector = (
  name: string,
  families: readonly FamilyDefinition[],
  collect: Collector['collect'],
): Collector => ({ name, families, collect });

function setUp() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  return {
    host,
    registry,
    scrape: async () => parseExposition(await exposeAsText(registry)).series,
    errorsOf: (name: string) => (registry.find(ERRORS) as Counter | undefined)?.labels(name).value ?? 0,
  };
}

const broken = () => {
  throw new Error('broken');
};

describe('a collector', () => {
  it('is read at every scrape, under the prefix, once for all its families', async () => {
    const { registry, scrape } = setUp();
    let reads = 0;
    registry.addCollector(
      collector('pool', [SIZE, OPENED], () => {
        reads += 1;
        return [reading(SIZE, { main: reads }), reading(OPENED, { main: 10 * reads })];
      }),
    );
    for (const expected of [1, 2]) {
      expect(await scrape()).toEqual({
        [seriesKey('app_size', { pool: 'main' })]: expected,
        [seriesKey('app_opened_total', { pool: 'main' })]: 10 * expected,
      });
    }
    expect(reads).toBe(2);
  });

  it('is read by metrics() of the host as well, once for all its families', async () => {
    const { host, registry } = setUp();
    let reads = 0;
    registry.addCollector(
      collector('pool', [SIZE, OPENED], () => {
        reads += 1;
        return Promise.resolve([reading(SIZE, { main: 3 }), reading(OPENED, { main: 4 })]);
      }),
    );
    expect(parseExposition(await host.metrics()).series).toEqual({
      [seriesKey('app_size', { pool: 'main' })]: 3,
      [seriesKey('app_opened_total', { pool: 'main' })]: 4,
    });
    expect(reads).toBe(1);
  });

  it.each([
    ['throws', broken],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('that %s is absent and counted; others are served', async (_, collect) => {
    const { host, registry, scrape, errorsOf } = setUp();
    registry.addCollector(collector('bad', [OPENED], collect));
    registry.addCollector(collector('good', [SIZE], () => [reading(SIZE, { main: 3 })]));
    const series = await scrape();
    expect(series[seriesKey('app_size', { pool: 'main' })]).toBe(3);
    expect(Object.keys(series).filter((key) => key.startsWith('app_opened_total'))).toEqual([]);
    expect([errorsOf('bad'), errorsOf('good')]).toEqual([1, 0]);
    expect((await host.metrics()).includes('app_size{pool="main"} 3')).toBe(true);
    expect(errorsOf('bad')).toBe(2);
  });

  it('that fails leaves its gauges out and keeps the last value of its counters', async () => {
    const { registry, scrape, errorsOf } = setUp();
    let failing = false;
    registry.addCollector(
      collector('pool', [SIZE, OPENED], () =>
        failing ? broken() : [reading(SIZE, { main: 3 }), reading(OPENED, { main: 7 })],
      ),
    );
    await scrape();
    failing = true;
    const series = await scrape();
    expect(series[seriesKey('app_opened_total', { pool: 'main' })]).toBe(7);
    expect(series).not.toHaveProperty([seriesKey('app_size', { pool: 'main' })]);
    expect(errorsOf('pool')).toBe(1);
    failing = false;
    expect((await scrape())[seriesKey('app_size', { pool: 'main' })]).toBe(3);
  });

  it('that fails does not make the sum over several collectors fall', async () => {
    const { registry, scrape } = setUp();
    let failing = false;
    registry.addCollector(
      collector('first', [OPENED], () => (failing ? broken() : [reading(OPENED, { main: 7 })])),
    );
    registry.addCollector(collector('second', [OPENED], () => [reading(OPENED, { main: 5 })]));
    expect((await scrape())[seriesKey('app_opened_total', { pool: 'main' })]).toBe(12);
    failing = true;
    expect((await scrape())[seriesKey('app_opened_total', { pool: 'main' })]).toBe(12);
  });

  it('is not asked for families it did not declare', async () => {
    const { registry, scrape } = setUp();
    registry.addCollector(
      collector('pool', [SIZE], () => [reading(SIZE, { main: 1 }), reading(OPENED, { main: 2 })]),
    );
    expect(await scrape()).toEqual({ [seriesKey('app_size', { pool: 'main' })]: 1 });
  });

  it('has the default labels of the application', async () => {
    const { registry, scrape } = setUp();
    registry.setDefaultLabels({ app: 'shop' }, {});
    registry.addCollector(collector('pool', [SIZE], () => [reading(SIZE, { main: 1 })]));
    expect(await scrape()).toEqual({ [seriesKey('app_size', { pool: 'main', app: 'shop' })]: 1 });
  });
});
