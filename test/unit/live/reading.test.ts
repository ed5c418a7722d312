import { describe, expect, it } from 'vitest';
import { DB_POOL_HEALTHY } from '../../../src/catalog/health.catalog.js';
import { HTTP_REQUESTS_IN_FLIGHT } from '../../../src/catalog/http.catalog.js';
import {
  DB_QUERIES_PER_REQUEST,
  DB_QUERIES_TOTAL,
  DB_ROUTE_QUERY_SECONDS_TOTAL,
  DB_STATEMENT_CALLS_TOTAL,
  DB_STATEMENT_SECONDS_TOTAL,
} from '../../../src/catalog/performance.catalog.js';
import { MAX_ROUTES } from '../../../src/live/route-readings.js';
import { MAX_STATEMENTS } from '../../../src/live/statement-readings.js';
import { takeReading } from '../../../src/live/reading.js';
import { LiveMetrics, PREFIX } from './live-metrics.js';

describe('a reading', () => {
  it('of nothing has no number that looks like one', () => {
    const { numbers, ...rest } = takeReading([], PREFIX, 5);
    expect(Object.values(numbers).every(Number.isNaN)).toBe(true);
    expect(rest).toEqual({
      atMs: 5,
      statusClasses: undefined,
      latency: undefined,
      routes: undefined,
      statements: undefined,
      errors: new Map(),
      version: null,
      node: null,
    });
  });

  it('sums requests by the class of their status', async () => {
    const metrics = new LiveMetrics();
    metrics.request('/a', { times: 3 }).request('/a', { status: 204 }).request('/b', { status: 302 });
    metrics.request('/b', { status: 404, times: 2 }).request('/b', { status: 500, method: 'POST' });
    const { statusClasses, numbers } = await metrics.read(1);
    expect([...(statusClasses ?? [])]).toEqual([0, 4, 1, 2, 1]);
    expect(numbers.requests).toBe(8);
  });

  it('has the buckets of the latency, and the single numbers', async () => {
    const metrics = new LiveMetrics();
    metrics.request('/a', { seconds: 0.003 }).request('/a', { seconds: 60 });
    metrics.lease.catalogFamily(HTTP_REQUESTS_IN_FLIGHT).inc(3);
    metrics.lease.catalogFamily(DB_QUERIES_TOTAL).inc(7);
    metrics.lease.catalogFamily(DB_QUERIES_PER_REQUEST).observe(4);
    metrics.lease.catalogFamily(DB_QUERIES_PER_REQUEST).observe(2);
    metrics.lease.catalogFamily(DB_POOL_HEALTHY).set(0);
    metrics.gauge('process_resident_memory_bytes', 5e7).gauge('nodejs_eventloop_lag_p99_seconds', 0.012);
    const { latency, numbers } = await metrics.read(1);
    expect([...(latency?.counts ?? [])]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(numbers).toMatchObject({
      inFlight: 3,
      queries: 7,
      queriesOfRequests: 6,
      requestsWithQueries: 2,
      healthy: 0,
      memory: 5e7,
      loopLagP99: 0.012,
      poolInUse: Number.NaN,
      cacheHits: Number.NaN,
    });
  });

  it('has the routes by method, with their errors and their queries’ time', async () => {
    const metrics = new LiveMetrics();
    metrics.request('/a').request('/a', { status: 503, seconds: 0.2 }).request('/a', { method: 'POST' });
    metrics.lease.catalogFamily(DB_ROUTE_QUERY_SECONDS_TOTAL).inc(['/a'], 3);
    metrics.lease.catalogFamily(DB_ROUTE_QUERY_SECONDS_TOTAL).inc(['<background>'], 1);
    const { routes } = await metrics.read(1);
    expect(
      [...(routes?.rows ?? [])].map(([key, { errors, counts }]) => [key, errors, counts[1], counts[6]]),
    ).toEqual([
      ['GET /a', 1, 1, 1],
      ['POST /a', 0, 1, 0],
    ]);
    expect(routes?.querySeconds).toEqual(
      new Map([
        ['', 4],
        ['/a', 3],
      ]),
    );
  });

  it('remembers a bounded number of routes and statements: those with the most requests and time', async () => {
    const metrics = new LiveMetrics();
    for (let index = 0; index < MAX_ROUTES + 30; index += 1) {
      metrics.request(`/route-${index}`, { times: index < 30 ? 1 : 2 });
      metrics.lease.catalogFamily(DB_STATEMENT_CALLS_TOTAL).inc([`SELECT table_${index}`]);
      metrics.lease.catalogFamily(DB_STATEMENT_SECONDS_TOTAL).inc([`SELECT table_${index}`], index + 1);
    }
    const { routes, statements } = await metrics.read(1);
    expect([routes?.rows.size, routes?.omitted, routes?.rows.has('GET /route-29')]).toEqual([200, 30, false]);
    expect(statements?.rows.size).toBe(MAX_STATEMENTS);
    expect(statements?.omitted).toBe(30);
    expect(statements?.rows.has('SELECT table_29')).toBe(false);
    expect(statements?.seconds).toBe((230 * 231) / 2);
  });

  it('has the failures by collector', async () => {
    const metrics = new LiveMetrics();
    metrics.lease.expectErrors(['scrape']);
    metrics.lease.countError('db_pool');
    metrics.lease.registry.errors.export();
    const { errors } = await metrics.read(1);
    expect([errors.get('db_pool'), errors.get('scrape')]).toEqual([1, 0]);
  });
});
