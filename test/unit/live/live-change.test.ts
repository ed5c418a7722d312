import { describe, expect, it } from 'vitest';
import { DB_QUERIES_PER_REQUEST, DB_QUERIES_TOTAL } from '../../../src/catalog/performance.catalog.js';
import {
  STMT_CACHE_HITS_TOTAL,
  STMT_CACHE_MISSES_TOTAL,
} from '../../../src/catalog/statement-cache.catalog.js';
import { LiveChange } from '../../../src/live/live-change.js';
import { COLUMN_COUNT, layoutOf, valuesOf } from '../../../src/live/live-columns.js';
import type { Reading } from '../../../src/live/reading.js';
import { LiveMetrics } from './live-metrics.js';

/** The values of two readings by the labels of charts and titles of tiles. */
function valuesBetween(now: Reading, base: Reading | undefined): Record<string, number> {
  const values = valuesOf(new LiveChange(now, base));
  const { charts, tiles } = layoutOf(now, 900);
  expect(values.length).toBe(COLUMN_COUNT);
  return Object.fromEntries([
    ...tiles.map(({ title, column }) => [title, values[column]]),
    ...charts.flatMap(({ lines }) => lines.map(({ label, column }) => [label, values[column]])),
  ]);
}

describe('the values between two readings', () => {
  it('are rates of what has ended, by class', async () => {
    const metrics = new LiveMetrics().request('/a', { times: 100 });
    const base = await metrics.read(1000);
    metrics.request('/a', { times: 8 }).request('/a', { status: 404 }).request('/a', { status: 500 });
    expect(valuesBetween(await metrics.read(6000), base)).toMatchObject({
      Requests: 2,
      'Errors (5xx)': 0.1,
      '2xx': 1.6,
      '3xx': 0,
      '4xx': 0.2,
      '5xx': 0.2,
    });
  });

  it('are quantiles of the requests in between, and none without requests', async () => {
    const metrics = new LiveMetrics().request('/a', { seconds: 9, times: 1000 });
    const base = await metrics.read(0);
    const quiet = valuesBetween(await metrics.read(1000), base);
    expect([quiet['p50'], quiet['p99'], quiet['Requests'], quiet['Errors (5xx)']]).toEqual([
      Number.NaN,
      Number.NaN,
      0,
      Number.NaN,
    ]);
    metrics.request('/a', { seconds: 0.02, times: 10 });
    const busy = valuesBetween(await metrics.read(2000), base);
    expect(busy['p50']).toBeCloseTo(0.0175, 10);
    expect(busy['Latency p99']).toBeLessThanOrEqual(0.025);
  });

  it('are not known at the first reading, except gauges', async () => {
    const metrics = new LiveMetrics().request('/a').gauge('process_resident_memory_bytes', 3e7);
    const values = valuesBetween(await metrics.read(0), undefined);
    expect(values).toMatchObject({ Requests: Number.NaN, '2xx': Number.NaN, p50: Number.NaN, Memory: 3e7 });
  });

  it('begin again after a reset, and are never negative', async () => {
    const base = await new LiveMetrics().request('/a', { times: 50, seconds: 5 }).read(0);
    const now = await new LiveMetrics().request('/a', { times: 2, seconds: 0.003 }).read(1000);
    const values = valuesBetween(now, base);
    expect([values['Requests'], values['2xx']]).toEqual([2, 2]);
    expect(values['p50']).toBeLessThanOrEqual(0.005);
  });

  it('have queries of a request on average, and the share of hits', async () => {
    const metrics = new LiveMetrics();
    const record = (queries: number, hits: number, misses: number): void => {
      metrics.lease.catalogFamily(DB_QUERIES_TOTAL).inc(queries);
      metrics.lease.catalogFamily(DB_QUERIES_PER_REQUEST).observe(queries);
      metrics.lease.catalogFamily(STMT_CACHE_HITS_TOTAL).inc(hits);
      metrics.lease.catalogFamily(STMT_CACHE_MISSES_TOTAL).inc(misses);
    };
    record(50, 0, 1);
    const base = await metrics.read(0);
    record(2, 3, 0);
    record(4, 3, 2);
    expect(valuesBetween(await metrics.read(2000), base)).toMatchObject({
      'per second': 3,
      'per request': 3,
      'hit rate': 0.75,
    });
  });
});

describe('the layout', () => {
  const titlesOf = (reading: Reading) => {
    const { charts, tiles } = layoutOf(reading, 900);
    return { charts: charts.map(({ title }) => title), tiles: tiles.map(({ title }) => title) };
  };

  it('has what is on', async () => {
    const metrics = new LiveMetrics();
    expect(titlesOf(await metrics.read(0))).toEqual({ charts: [], tiles: [] });
    metrics.request('/a');
    expect(titlesOf(await metrics.read(0))).toEqual({
      charts: ['Requests by status', 'Latency'],
      tiles: ['Requests', 'Errors (5xx)', 'Latency p99', 'In flight'],
    });
    metrics.lease.catalogFamily(DB_QUERIES_TOTAL).inc();
    metrics.lease.catalogFamily(STMT_CACHE_HITS_TOTAL).inc(0);
    metrics.lease.catalogFamily(STMT_CACHE_MISSES_TOTAL).inc(0);
    expect(titlesOf(await metrics.read(0)).charts).toEqual(['Requests by status', 'Latency', 'Queries']);
    metrics.lease.catalogFamily(STMT_CACHE_MISSES_TOTAL).inc(1);
    expect(titlesOf(await metrics.read(0)).charts).toContain('Statement cache');
  });
});
