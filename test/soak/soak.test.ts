import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { PLATFORMS } from '../support/platforms.js';
import { Soak, type SoakResult } from '../support/soak/soak.js';
import { SoakFaults } from '../support/soak/soak-faults.js';
import { describeSoaks } from '../support/soak/soak-report.js';
import { sumOf, sumsBy } from '../support/soak/soak-sums.js';

/** `npm run test:soak` takes 900. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 10);
const REQUESTS_PER_SECOND = Number(process.env['SOAK_REQUESTS_PER_SECOND'] ?? 40);
const PATIENCE_MS = 120_000;
const MEBIBYTE = 1_048_576;
/**
 * What the heap may seem to grow by its slope after the warm-up: code that is still being compiled, and what is under way. Of
 * a short soak the slope says little.
 */
const SLOPE_ALLOWANCE_BYTES = (SECONDS < 300 ? 3 : 1) * MEBIBYTE;
/**
 * And between two times at which nothing is under way, the first right after the start: over minutes, more code is compiled. A
 * request that is kept has about 8 KiB.
 */
const QUIET_ALLOWANCE_BYTES = (SECONDS < 60 ? 2 : 3) * MEBIBYTE;

let server: ControlledPostgres;
let soaks: readonly Soak[] = [];
let faults: SoakFaults | undefined;
let results: readonly SoakResult[];

beforeAll(
  async () => {
    server = await ControlledPostgres.start();
    await server.query('CREATE TABLE soak_books AS SELECT id, 0 AS stock FROM generate_series(1, 50) AS id');
    soaks = await Promise.all(PLATFORMS.map((platform) => Soak.start(server.url, platform)));
    await Promise.all(soaks.map((soak) => soak.warmUp()));
    const running = (faults = new SoakFaults(server));
    results = await Promise.all(
      soaks.map((soak) => soak.run(SECONDS * 1000, REQUESTS_PER_SECOND, () => running.stop())),
    );
    console.log(describeSoaks(results, SECONDS, running.happened));
  },
  SECONDS * 1000 + PATIENCE_MS,
);

afterAll(async () => {
  await faults?.stop();
  await Promise.all(soaks.map((soak) => soak.kill()));
  await server.stop();
});

it('every fault happened', () => {
  expect(faults?.happened).toMatchObject({
    'backends terminated': expect.toSatisfy((count: number) => count > 0) as number,
    'server restarts': expect.toSatisfy((count: number) => count > 0) as number,
    'server freezes': expect.toSatisfy((count: number) => count > 0) as number,
  });
});

describe.each(PLATFORMS)('%s, soaked', (platform) => {
  const soaked = (): SoakResult => results[PLATFORMS.indexOf(platform)] as SoakResult;

  it('counted the requests as their clients did', () => {
    const { requests, unaccounted, metrics } = soaked();
    const sent = (...parts: readonly ('method' | 'route' | 'status')[]): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const one of requests) {
        const key = parts.map((part) => one[part]).join(' ');
        counts[key] = (counts[key] ?? 0) + one.count;
      }
      return counts;
    };
    expect(unaccounted).toEqual([]);
    expect(sumsBy(metrics, 'hyperdjango_http_requests_total', 'method', 'status')).toEqual(
      sent('method', 'status'),
    );
    // Fastify knows the route before the body, Express only after it; elsewhere their counts agree.
    const {
      'POST /orders': orders,
      'POST <unmatched>': unrouted = 0,
      ...others
    } = sumsBy(metrics, 'hyperdjango_http_response_size_bytes_count', 'method', 'route');
    expect({ ...others, 'POST /orders': (orders ?? 0) + unrouted }).toEqual(sent('method', 'route'));
    expect(unrouted).toBe(platform === 'express' ? (sent('method', 'status')['POST 499'] ?? 0) : 0);
    const total = Object.values(sent()).reduce((sum, count) => sum + count, 0);
    expect(sumOf(metrics, 'hyperdjango_http_request_duration_seconds_count')).toBe(total);
    expect(sumOf(metrics, 'hyperdjango_http_route_duration_seconds_count')).toBe(total);
    expect(sumOf(metrics, 'hyperdjango_http_response_size_bytes_count')).toBe(total);
    expect(sumOf(metrics, 'hyperdjango_db_queries_per_request_count')).toBe(total);
  });

  it('counted the queries as the application did', () => {
    const { tally, metrics } = soaked();
    expect({
      queries: sumOf(metrics, 'hyperdjango_db_queries_total'),
      timed: sumOf(metrics, 'hyperdjango_db_query_duration_seconds_count'),
      failed: sumOf(metrics, 'hyperdjango_db_query_errors_total'),
      ofRequests: sumOf(metrics, 'hyperdjango_db_queries_per_request_sum'),
    }).toEqual({
      queries: tally.queries,
      timed: tally.queries,
      failed: tally.queryErrors,
      ofRequests: tally.queries - tally.afterResponses,
    });
    expect(tally.queryErrors).toBeGreaterThan(0);
    expect(sumOf(metrics, 'hyperdjango_n_plus_one_total')).toBe(
      sumOf(metrics, 'hyperdjango_n_plus_one_by_route_total'),
    );
  });

  it('counted who had a connection and who had none, and balanced what was opened and closed', () => {
    const { tally, metrics } = soaked();
    const acquired = sumsBy(metrics, 'hyperdjango_db_pool_acquire_duration_seconds_count', 'result');
    const { timeout = 0, error = 0, idle = 0, created = 0, waited = 0 } = acquired;
    expect({ acquired: idle + created + waited, notAcquired: timeout + error }).toEqual({
      acquired: tally.acquired,
      notAcquired: tally.notAcquired,
    });
    expect(timeout).toBeGreaterThan(0);
    expect(
      sumOf(metrics, 'hyperdjango_db_pool_connections_created_total') -
        sumOf(metrics, 'hyperdjango_db_pool_connections_closed_total'),
    ).toBe(sumOf(metrics, 'hyperdjango_db_pool_open'));
  });

  it('named statements as their connections allow, and to no harm', () => {
    const { tally, metrics } = soaked();
    const entries = sumOf(metrics, 'hyperdjango_stmt_cache_entries');
    expect(tally.nameErrors).toBe(0);
    expect(sumOf(metrics, 'hyperdjango_stmt_cache_hits_total')).toBeGreaterThan(0);
    expect(sumOf(metrics, 'hyperdjango_stmt_cache_evictions_total')).toBeGreaterThan(0);
    expect(entries).toBeLessThanOrEqual(sumOf(metrics, 'hyperdjango_db_pool_open'));
  });

  it('counted statements, exceptions, outgoing requests and runs of jobs exactly', () => {
    const { requests, tally, metrics } = soaked();
    expect(sumOf(metrics, 'hyperdjango_db_statement_calls_total')).toBe(tally.queries);

    const failed: Record<string, number> = {};
    for (const { route, status, count } of requests) {
      if (status >= 500) failed[route] = (failed[route] ?? 0) + count;
    }
    expect(sumsBy(metrics, 'hyperdjango_http_exceptions_total', 'route')).toEqual(failed);

    const outgoing = 'hyperdjango_http_client_request_duration_seconds';
    expect(Object.keys(tally.outgoing).toSorted()).toEqual(['200', '503', 'aborted', 'error']);
    expect(ends(sumsBy(metrics, `${outgoing}_count`, 'status'))).toEqual(ends(tally.outgoing));
    expect(sumOf(metrics, 'hyperdjango_http_client_errors_total')).toBe(ends(tally.outgoing).failed);
    expect(sumsBy(metrics, 'hyperdjango_http_route_outgoing_seconds_total', 'route')).toEqual({
      '/calls/:client/:behaviour': expect.closeTo(sumOf(metrics, `${outgoing}_sum`), 3) as number,
    });

    expect(sumsBy(metrics, 'hyperdjango_schedule_run_duration_seconds_count', 'outcome')).toEqual(tally.jobs);
  });

  it('suspected leaks, and no more than there were connections in use', () => {
    const { tally, metrics } = soaked();
    const leaks = sumOf(metrics, 'hyperdjango_db_pool_leaks_suspected_total');
    expect(leaks).toBeGreaterThan(0);
    expect(leaks).toBeLessThanOrEqual(tally.acquired);
  });

  it('showed the live page all the time, with the sums of the scrape', () => {
    const { viewer, shownRequests, metrics } = soaked();
    expect(shownRequests).toBe(sumOf(metrics, 'hyperdjango_http_requests_total'));
    expect(viewer.disconnections).toBe(0);
    expect(viewer.states).toBeGreaterThan(SECONDS / 4);
  });

  it('wrote slow queries down in the faults’ pauses', async () => {
    const { slowQueryTable } = soaked();
    const [row] = await server.query<{ count: number }>(`SELECT count(*)::int FROM ${slowQueryTable}`);
    expect(row?.count).toBeGreaterThan(0);
  });

  it('counted methods and floods exactly, whatever the series that took them', () => {
    const { tally, metrics } = soaked();
    expect(sumOf(metrics, 'hyperdjango_method_duration_seconds_count')).toBe(tally.timed);
    expect(sumOf(metrics, 'soak_floods_total')).toBe(tally.floods);
    const series = metrics.samples.filter(({ name }) => name === 'soak_floods_total');
    expect(series.length).toBe(201);
    expect(sumsBy(metrics, 'hyperdjango_metrics_series_dropped_total', 'family')['soak_floods_total']).toBe(
      tally.floods - 200,
    );
  });

  it('has nothing under way', () => {
    const { metrics } = soaked();
    for (const family of [
      'hyperdjango_http_requests_in_flight',
      'hyperdjango_db_queries_in_flight',
      'hyperdjango_db_pool_in_use',
      'hyperdjango_db_pool_waiting',
    ]) {
      expect(sumsBy(metrics, family)).toEqual({});
      expect(metrics.samples.filter(({ name }) => name === family)).toHaveLength(1);
    }
  });

  it('answered every scrape, and no count fell', () => {
    const { scraper } = soaked();
    expect(scraper.failures).toEqual([]);
    expect(scraper.scrapes).toBeGreaterThan(SECONDS / 4);
    expect(scraper.exemplars).toBeGreaterThan(10);
    expect(scraper.nativeHistograms).toBeGreaterThan(10);
  });

  it('had no rejection that nobody handled, no uncaught exception and no warning', () => {
    const { tally, output } = soaked();
    expect({ fatal: tally.fatal, output }).toEqual({ fatal: [], output: '' });
  });

  it('kept its heap flat', () => {
    const { heap, external, quietGrowthBytes } = soaked();
    expect(heap.readings).toBeGreaterThan(2);
    expect(quietGrowthBytes).toBeLessThan(QUIET_ALLOWANCE_BYTES);
    expect(heap.grownBytes).toBeLessThan(SLOPE_ALLOWANCE_BYTES);
    expect(external.grownBytes).toBeLessThan(SLOPE_ALLOWANCE_BYTES);
  });

  it('left no timer and no socket behind, and ended by itself', () => {
    const { remains, exitCode } = soaked();
    expect(remains).toEqual({ kept: [], timers: [] });
    expect(exitCode).toBe(0);
  });
});

/** A limit of `fetch()` that passes before there is a connection, on a machine that stalls, is an abort to undici. */
function ends({
  error = 0,
  aborted = 0,
  ...answered
}: Readonly<Record<string, number>>): object & { failed: number } {
  return { ...answered, failed: error + aborted };
}
