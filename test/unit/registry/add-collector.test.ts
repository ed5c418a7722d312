import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { MetricConflictError } from '../../../src/core/errors.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { seriesKey } from '../../support/parse-exposition.js';
import { broken, collector, OPENED, pulled, reading, setUp, SIZE } from './collector-setup.js';

describe('several collectors of one family', () => {
  it.each([
    ['sum', 8],
    ['min', 3],
    ['max', 5],
    ['once', 5],
    [undefined, 8],
  ] as const)('become one number by the rule %s', async (aggregation, expected) => {
    const { registry, scrape } = setUp();
    const definition = pulled('size', 'gauge', aggregation);
    registry.addCollector(collector('a', [definition], () => [reading(definition, { main: 5, a: 1 })]));
    registry.addCollector(collector('b', [definition], () => [reading(definition, { b: 2, main: 3 })]));
    expect(await scrape()).toEqual({
      [seriesKey('app_size', { pool: 'main' })]: expected,
      [seriesKey('app_size', { pool: 'a' })]: 1,
      [seriesKey('app_size', { pool: 'b' })]: 2,
    });
  });

  it('stay until the last of them is taken out', async () => {
    const { host, registry, scrape } = setUp();
    const removeA = registry.addCollector(collector('a', [SIZE], () => [reading(SIZE, { main: 5 })]));
    const removeB = registry.addCollector(collector('b', [SIZE], () => [reading(SIZE, { main: 3 })]));
    removeA();
    removeA();
    expect(await scrape()).toEqual({ [seriesKey('app_size', { pool: 'main' })]: 3 });
    removeB();
    expect(await scrape()).toEqual({});
    expect(host.getSingleMetric('app_size')).toBeUndefined();
  });
});

describe('addCollector', () => {
  it('after a removal starts again', async () => {
    const { registry, scrape } = setUp();
    registry.addCollector(collector('a', [SIZE], () => [reading(SIZE, { main: 5 })]))();
    registry.addCollector(collector('b', [SIZE], () => [reading(SIZE, { main: 3 })]));
    expect(await scrape()).toEqual({ [seriesKey('app_size', { pool: 'main' })]: 3 });
  });

  it('refuses a family that code records to, and leaves nothing of the collector behind', async () => {
    const { host, registry, scrape } = setUp();
    registry.family('app_opened_total', OPENED, {});
    let reads = 0;
    const refused = collector('pool', [SIZE, OPENED], () => {
      reads += 1;
      return [reading(SIZE, { main: 1 })];
    });
    expect(() => registry.addCollector(refused)).toThrow(
      new MetricConflictError('Metric "app_opened_total" is already registered and not read by a collector.'),
    );
    await scrape();
    expect(reads).toBe(0);
    expect(host.getSingleMetric('app_size')).toBeUndefined();
  });

  it('keeps the family from code that wants to record to it', () => {
    const { registry } = setUp();
    registry.addCollector(collector('pool', [SIZE], () => []));
    expect(() => registry.family('app_size', SIZE)).toThrow(
      new MetricConflictError('Metric "app_size" is read by a collector at scrape time. Use another name.'),
    );
    expect(registry.find('app_size')).toBeUndefined();
  });

  it('never asks a collector of a silent registry', async () => {
    const registry = new MetricsRegistry(new Registry(), 'app_', true);
    const remove = registry.addCollector(collector('pool', [SIZE], broken));
    expect(await registry.gather()).toEqual([]);
    expect(remove()).toBeUndefined();
  });
});
