import { platform as operatingSystem } from 'node:os';
import type { PoolStats } from '../../src/index.js';
import { describe, expect, it, vi } from 'vitest';
import { useBookshop } from '../support/bookshop.js';
import { poll } from '../../sample/src/common/poll.js';
import { isRunning } from '../../sample/src/database/process-table.js';
import { Traffic } from '../../sample/src/traffic/traffic.js';
import { lineAt } from '../support/line-at.js';
import { PLATFORMS } from '../support/platforms.js';
import { STOP } from '../support/sample-process.js';

const REQUESTS = 1_000;
const POOL_SIZE = 5;
const TEST_TIMEOUT_MS = 180_000;

const POOL = 'hyperdjango_db_pool';
const IN_FLIGHT = 'hyperdjango_db_queries_in_flight';
const DURATION = 'hyperdjango_db_query_duration_ms_total';
const VIOLATIONS = 'hyperdjango_db_query_errors_total{sqlstate_class="23"}';
const acquires = (result: string): string =>
  `hyperdjango_db_pool_acquire_duration_seconds_count{result="${result}"}`;
const queries = (operation: string): string =>
  `hyperdjango_db_query_duration_seconds_count{operation="${operation}"}`;

interface Page {
  readonly done: string;
  readonly before: readonly string[];
  readonly during: readonly string[];
  readonly after: readonly string[];
}

interface Overview {
  readonly queryTimer: Readonly<Record<string, number>>;
  readonly healthChecker: Readonly<Record<string, unknown>>;
  readonly statementCache: Readonly<Record<string, number>>;
  readonly scraped: readonly string[];
}

interface RequestQueries {
  readonly tracker: { readonly nPlusOnePatterns: readonly { readonly route: string }[] };
}

/** Each series by its name and labels. */
function valuesOf(lines: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe.skipIf(operatingSystem() === 'win32').each(PLATFORMS)(
  "the bookshop's database on %s",
  { timeout: TEST_TIMEOUT_MS },
  (platform) => {
    const shop = useBookshop(platform);
    const { request, readJson, scrape } = shop;
    /** What a page shows, and by how much each of its numbers rose from before to after. */
    const visit = async (path: string) => {
      const page = await readJson<Page>(path);
      const [before, during, after] = [page.before, page.during, page.after].map(valuesOf);
      const rises = Object.entries(after ?? {})
        .map(([series, value]) => [series, value - (before?.[series] ?? 0)] as const)
        .filter(([, rise]) => rise !== 0);
      return { ...page, before, during, after, rises: Object.fromEntries(rises) };
    };
    const IDLE = {
      [`${POOL}_available`]: POOL_SIZE,
      [`${POOL}_in_use`]: 0,
      [`${POOL}_thread_owned`]: 0,
      [`${POOL}_waiting`]: 0,
      [IN_FLIGHT]: 0,
    };

    it('finds the data source and its pool by itself', async () => {
      const exposition = await scrape();

      expect(exposition.get(`${POOL}_total`)).toBe(POOL_SIZE);
      const ofPool = '{data_source="default",pool="primary"';
      expect(exposition.get(`${POOL}_capacity_by_pool${ofPool}}`)).toBe(POOL_SIZE);
      expect(exposition.get(`${POOL}_connections_by_pool${ofPool},state="pinned"}`)).toBe(0);
    });

    it('shows a transaction that pins its connection, and runs nothing', async () => {
      const page = await visit('/database/transaction?ms=20');

      expect(page.done).toBe('held a transaction for 20 ms');
      expect(page.before).toMatchObject(IDLE);
      expect(page.during).toMatchObject({
        ...IDLE,
        [`${POOL}_available`]: POOL_SIZE - 1,
        [`${POOL}_in_use`]: 1,
        [`${POOL}_thread_owned`]: 1,
      });
      expect(page.after).toMatchObject(IDLE);
    });

    it('shows a query runner that pins its connection until it is released', async () => {
      const page = await visit('/database/query-runner?statements=4');

      expect(page.during).toMatchObject({
        ...IDLE,
        [`${POOL}_available`]: 4,
        [`${POOL}_in_use`]: 1,
        [`${POOL}_thread_owned`]: 1,
      });
      expect(page.after).toMatchObject(IDLE);
    });

    it('leaks a connection, whose line it names until it comes back', async () => {
      const page = await visit('/database/leak?ms=7000');
      expect(page.before).toMatchObject({ [`${POOL}_in_use`]: 0 });
      expect(page.after).toMatchObject({ [`${POOL}_in_use`]: 1, [`${POOL}_thread_owned`]: 1 });

      const line = /sample\/src\/database-pages\/connection-leaks\.service\.ts:\d+:\d+/;
      const { held } = await readJson<PoolStats>('/database/held');
      expect(held).toEqual([
        expect.objectContaining({
          route: '/database/leak',
          method: 'GET',
          location: expect.stringMatching(line) as unknown,
          isLeakSuspected: false,
        }),
      ]);
      const { output } = shop.sample;
      await expect
        .poll(() => output.text, { timeout: STOP.timeoutMs })
        .toMatch(
          /Suspected connection leak: GET \/database\/leak has held a database connection for 6\.\d s/,
        );
      expect(lineAt(line.exec(output.text)?.[0])).toBe('    await runner.connect();');
      await expect.poll(() => output.text, { timeout: STOP.timeoutMs }).toContain('No connection leak');
      expect(await readJson<PoolStats>('/database/held')).toEqual({ leaksSuspected: 1, held: [] });
    });

    it('shows a slow query in flight, and its time when it has ended', async () => {
      const before = await readJson<Overview>('/database');
      const page = await visit('/database/slow-query?ms=200');
      const after = await readJson<Overview>('/database');

      expect(page.during).toMatchObject({ [IN_FLIGHT]: 1 });
      expect(page.rises).toEqual({ [queries('select')]: 1, [DURATION]: expect.any(Number) });
      expect(page.rises[DURATION]).toBeGreaterThan(195);
      expect(after.queryTimer['slowQueries']).toBe(Number(before.queryTimer['slowQueries']) + 1);
    });

    it('shows a failed query by the class of its error', async () => {
      const before = await readJson<Overview>('/database');
      const page = await visit('/database/failing-query');
      const after = await readJson<Overview>('/database');

      expect(page.done).toMatch(/^failed to insert an author: duplicate key value/);
      expect(page.rises).toEqual({ [VIOLATIONS]: 1 });
      expect(after.queryTimer['errors']).toBe(Number(before.queryTimer['errors']) + 1);
    });

    it('shows those who wait while the pool is exhausted', async () => {
      const page = await visit('/database/burst?callers=12&ms=20');

      expect(page.during).toMatchObject({
        [`${POOL}_in_use`]: POOL_SIZE,
        [`${POOL}_waiting`]: 12 - POOL_SIZE,
      });
      expect(page.after).toMatchObject({ [`${POOL}_in_use`]: 0, [`${POOL}_waiting`]: 0 });
      expect(page.rises[acquires('waited')]).toBe(12 - POOL_SIZE);
      const atOnce = (page.rises[acquires('idle')] ?? 0) + (page.rises[acquires('created')] ?? 0);
      expect(atOnce).toBe(POOL_SIZE);
    });

    it('shows a stream in flight until its last row was read', async () => {
      const page = await visit('/database/stream?rows=700');

      expect(page.done).toBe('read 700 rows as a stream');
      expect(page.during).toMatchObject({
        ...IDLE,
        [`${POOL}_available`]: 4,
        [`${POOL}_in_use`]: 1,
        [IN_FLIGHT]: 1,
      });
      expect(page.after).toMatchObject(IDLE);
    });

    it('shows statements that are prepared once a connection, and hit from then on', async () => {
      const CACHE = 'hyperdjango_stmt_cache';
      // By then the text has been seen twice, and it is known that no pooler is in between.
      await vi.waitFor(
        async () => {
          const { during } = await visit('/database/statements');
          expect(during?.[`${CACHE}_hits_total`]).toBeGreaterThan(0);
        },
        { timeout: 60_000, interval: 50 },
      );
      const page = await visit('/database/statements?times=8');

      expect(page.done).toBe('looked for 8 authors, one after the other, on one connection');
      const rise = (name: string): number => page.rises[`${CACHE}_${name}_total`] ?? 0;
      expect(rise('hits') + rise('misses')).toBe(8);
      expect(rise('misses')).toBeLessThanOrEqual(1);
      const { statementCache, scraped } = await readJson<Overview>('/database');
      const values = valuesOf(scraped);
      expect(statementCache).toEqual({
        hits: values[`${CACHE}_hits_total`],
        misses: values[`${CACHE}_misses_total`],
        evictions: values[`${CACHE}_evictions_total`],
        entries: values[`${CACHE}_entries`],
        hitRate: values[`${CACHE}_hit_rate`],
        planRegressions: values[`${CACHE}_plan_regressions_total`],
        bypasses: values[`${CACHE}_bypasses_total`],
      });
      expect(statementCache['hitRate']).toBeGreaterThan(0);
    });

    it('refuses impossible parameters', async () => {
      const paths = [
        'transaction?ms=0',
        'burst?callers=101',
        'stream?rows=many',
        'query-runner?statements=',
        'leak?ms=60001',
      ];
      for (const path of paths) expect((await request(`/database/${path}`)).status).toBe(400);
    });

    it('shows the same in the statistics as in a scrape', async () => {
      const { queryTimer, healthChecker, scraped } = await readJson<Overview>('/database');
      const values = valuesOf(scraped);
      const counts = Object.entries(values).filter(([series]) => series.startsWith(queries('').slice(0, -2)));

      expect(queryTimer['queries']).toBe(counts.reduce((sum, [, count]) => sum + count, 0));
      expect(queryTimer['totalDurationMs']).toBeCloseTo(values[DURATION] ?? Number.NaN, 6);
      expect(healthChecker).toMatchObject({
        healthy: true,
        checks: values[`${POOL}_health_checks_total`],
        failures: 0,
      });
      const exposition = await (await request('/metrics')).text();
      // What is counted by request has one request more.
      const lines = scraped.filter((line) => /^hyperdjango_db_(pool|query|queries_in_flight)/.test(line));
      expect(lines.length).toBeGreaterThan(40);
      expect(lines.filter((line) => !exposition.split('\n').includes(line))).toEqual([]);
    });

    it('links every page from the index', async () => {
      const links = Object.values(await readJson<Record<string, string>>('/'));
      const statuses = links
        .filter((path) => path.startsWith('/database') || path === '/health')
        .map(async (path) => (await request(path)).status);

      expect(await Promise.all(statuses)).toEqual(Array.from({ length: 12 }, () => 200));
    });

    it('agrees with the traffic generator about failed queries, and nothing is left in use', async () => {
      const before = await scrape();
      const traffic = new Traffic({ baseUrl: shop.sample.url, totalRequests: REQUESTS });
      await traffic.ended;
      const { statement } = traffic;
      expect([...statement.surprises]).toEqual([]);

      const failures = statement.requests.find(({ route }) => route === '/database/failing-query')?.count;
      expect(failures).toBeGreaterThan(0);
      // What clients have left may still be ending.
      await vi.waitFor(
        async () => {
          const after = await scrape();
          const read = (series: string): number => after.get(series) ?? Number.NaN;
          expect(read(VIOLATIONS) - (before.get(VIOLATIONS) ?? 0)).toBe(failures);
          expect(Object.keys(IDLE).map((series) => [series, read(series)])).toEqual(Object.entries(IDLE));
          expect(read(`${POOL}_connections_created_total`) - read(`${POOL}_connections_closed_total`)).toBe(
            read(`${POOL}_open`),
          );
        },
        { timeout: STOP.timeoutMs, interval: STOP.intervalMs },
      );
    });

    it('is healthy while the pool is exhausted', async () => {
      // For long enough to be asked in the meantime on a busy machine, too.
      const held = Array.from({ length: POOL_SIZE }, () => request('/database/transaction?ms=8000'));
      const isExhausted = async (): Promise<boolean> => (await scrape()).get(`${POOL}_available`) === 0;
      expect(await poll(isExhausted, STOP)).toBe(true);

      const response = await request('/health');
      expect(await isExhausted()).toBe(true);
      expect([response.status, await response.json()]).toEqual([
        200,
        expect.objectContaining({ status: 'ok', details: { database: { status: 'up' } } }),
      ]);
      expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array.from(held, () => 200));
    });

    it('tells which list of reviews repeats its reads, by the line of code, in the header of its answer too', async () => {
      const timingOf = async (path: string): Promise<string | null> => {
        const response = await fetch(`${shop.sample.url}${path}`);
        await response.text();
        return response.headers.get('server-timing');
      };
      expect(await timingOf('/reviews/n-plus-one')).toMatch(/^db;dur=\d+\.\d;desc="41 queries"$/);
      expect(await timingOf('/reviews')).toMatch(/desc="3 queries"$/);

      const found = await poll(
        async () => {
          const answer = await fetch(`${shop.sample.url}/database/queries-per-request`);
          const { tracker } = (await answer.json()) as RequestQueries;
          return tracker.nPlusOnePatterns.filter(({ route }) => route === '/reviews/n-plus-one').length === 2;
        },
        { timeoutMs: 60_000, intervalMs: 100 },
      );
      expect(found).toBe(true);
      await expect
        .poll(() => shop.sample.output.text)
        .toMatch(
          /N\+1 queries: GET \/reviews\/n-plus-one read 20 times: SELECT … FROM "\w+"\."book" "Book" .* WHERE .*"Book"\."id" IN \(\?\)\n/,
        );
      const location = /from \S*(sample\/src\/books\/books\.service\.ts:\d+:\d+)\./.exec(
        shop.sample.output.text,
      )?.[1];
      expect(lineAt(location)).toContain('await this.books.findOne(');
      expect(shop.sample.output.text).not.toContain('N+1 queries: GET /reviews read');
    });

    it('is unhealthy when the database is gone, and says why', async () => {
      const before = await scrape();
      // PostgreSQL's fast shutdown.
      process.kill(shop.database.pid, 'SIGINT');
      expect(await poll(() => !isRunning(shop.database.pid), STOP)).toBe(true);

      const response = await request('/health');
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        status: 'error',
        error: { database: { status: 'down', reason: 'ECONNREFUSED' } },
      });
      const after = await scrape();
      expect(after.get(`${POOL}_healthy`)).toBe(0);
      const failures = `${POOL}_health_failures_total`;
      expect(Number(after.get(failures))).toBeGreaterThan(Number(before.get(failures)));
      expect(after.get(`${POOL}_open`)).toBe(0);
    });
  },
);
