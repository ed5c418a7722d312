import { describe, expect, it } from 'vitest';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';
import { broken, collector, OPENED, reading, setUp, SIZE } from './collector-setup.js';

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
    registry.configure({ defaultLabels: { app: 'shop' } }, {});
    registry.addCollector(collector('pool', [SIZE], () => [reading(SIZE, { main: 1 })]));
    expect(await scrape()).toEqual({ [seriesKey('app_size', { pool: 'main', app: 'shop' })]: 1 });
  });
});
