import { describe, expect, it } from 'vitest';
import {
  DB_POOL_HEALTH_CHECKS_TOTAL,
  DB_POOL_HEALTH_FAILURES_TOTAL,
  DB_POOL_HEALTHY,
} from '../../../src/catalog/health.catalog.js';
import {
  DB_ROUTE_QUERY_SECONDS_TOTAL,
  DB_STATEMENT_CALLS_TOTAL,
  DB_STATEMENT_SECONDS_TOTAL,
} from '../../../src/catalog/performance.catalog.js';
import { tablesOf } from '../../../src/live/live-tables.js';
import { LiveMetrics } from './live-metrics.js';

describe('the table of routes', () => {
  it('has rates of the time between two readings, and totals of all time', async () => {
    const metrics = new LiveMetrics().request('/a', { times: 5 });
    const seconds = metrics.lease.catalogFamily(DB_ROUTE_QUERY_SECONDS_TOTAL);
    seconds.inc(['/a'], 100);
    const base = await metrics.read(0);
    metrics.request('/a', { times: 3, seconds: 0.02 }).request('/a', { status: 500, seconds: 0.02 });
    metrics.request('/new', { method: 'POST', times: 20 });
    seconds.inc(['/a'], 3);
    seconds.inc(['<background>'], 1);
    const { routes, windowSeconds } = tablesOf(await metrics.read(20_000), base);
    expect(windowSeconds).toBe(20);
    expect(routes?.omitted).toBe(0);
    expect(routes?.rows).toMatchObject([
      { method: 'POST', route: '/new', total: 20, perSecond: 1, errorShare: 0, databaseShare: 0 },
      { method: 'GET', route: '/a', total: 9, perSecond: 0.2, errorShare: 0.25, databaseShare: 0.75 },
    ]);
    expect(routes?.rows[1]?.p50).toBeCloseTo(0.0175, 5);
  });

  it('has no rates at first, and no durations of a route without requests', async () => {
    const metrics = new LiveMetrics().request('/a');
    const first = await metrics.read(0);
    const none = { perSecond: null, errorShare: null, p50: null, p99: null, databaseShare: null };
    expect(tablesOf(first, undefined).routes?.rows).toMatchObject([{ route: '/a', total: 1, ...none }]);
    expect(tablesOf(await metrics.read(1000), first).routes?.rows).toMatchObject([
      { total: 1, ...none, perSecond: 0 },
    ]);
  });

  it('says how many routes it leaves out', async () => {
    const metrics = new LiveMetrics();
    for (let index = 0; index < 250; index += 1) {
      metrics.request(`/route-${index}`);
    }
    const { routes } = tablesOf(await metrics.read(0), undefined);
    expect([routes?.rows.length, routes?.omitted]).toEqual([100, 150]);
  });

  it('does not take a route for new that was only left out before', async () => {
    const metrics = new LiveMetrics();
    for (let index = 0; index < 250; index += 1) {
      metrics.request(`/route-${index}`, { times: index === 249 ? 1 : 2 });
    }
    const base = await metrics.read(0);
    metrics.request('/route-249', { times: 5 });
    const { routes } = tablesOf(await metrics.read(1000), base);
    expect(base.routes?.rows.has('GET /route-249')).toBe(false);
    expect(routes?.rows[0]).toMatchObject({ route: '/route-249', total: 6, perSecond: null, p50: null });
    expect(routes?.rows[1]).toMatchObject({ total: 2, perSecond: 0 });
  });
});

describe('further tables', () => {
  it('are absent for what is off', async () => {
    expect(tablesOf(await new LiveMetrics().read(0), undefined)).toEqual({ windowSeconds: 0 });
  });

  it('show statements by their share of the time', async () => {
    const metrics = new LiveMetrics();
    const calls = metrics.lease.catalogFamily(DB_STATEMENT_CALLS_TOTAL);
    const spent = metrics.lease.catalogFamily(DB_STATEMENT_SECONDS_TOTAL);
    calls.inc(['other'], 0);
    calls.inc(['SELECT books'], 10);
    spent.inc(['SELECT books'], 10);
    const base = await metrics.read(0);
    calls.inc(['SELECT books'], 4);
    spent.inc(['SELECT books'], 1);
    calls.inc(['INSERT orders'], 2);
    spent.inc(['INSERT orders'], 3);
    const { statements } = tablesOf(await metrics.read(2000), base);
    expect(statements).toEqual({
      omitted: 0,
      rows: [
        { summary: 'INSERT orders', total: 2, perSecond: 1, meanSeconds: 1.5, share: 0.75 },
        { summary: 'SELECT books', total: 14, perSecond: 2, meanSeconds: 0.25, share: 0.25 },
      ],
    });
  });

  it('show the health, and collectors that have failed', async () => {
    const metrics = new LiveMetrics();
    metrics.lease.catalogFamily(DB_POOL_HEALTH_CHECKS_TOTAL).inc(3);
    metrics.lease.catalogFamily(DB_POOL_HEALTH_FAILURES_TOTAL).inc(1);
    expect(tablesOf(await metrics.read(0), undefined).health).toEqual({
      healthy: null,
      checks: 3,
      failures: 1,
    });
    metrics.lease.catalogFamily(DB_POOL_HEALTHY).set(1);
    metrics.lease.expectErrors(['scrape']);
    metrics.lease.countError('db_pool');
    metrics.lease.registry.errors.export();
    const tables = tablesOf(await metrics.read(0), undefined);
    expect(tables.health).toEqual({ healthy: true, checks: 3, failures: 1 });
    expect(tables.collectorErrors).toEqual([{ collector: 'db_pool', total: 1 }]);
  });
});
