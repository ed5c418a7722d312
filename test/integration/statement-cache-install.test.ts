import type { Pool, PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InvalidOptionsError, QueryTimer, StatementCache } from '../../src/index.js';
import { disagreements, preparedIn, untilNaming, WARM_UP, WarningLog } from '../support/cached-statements.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { until, WatchedDatabases } from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

let pool: Pool;
beforeEach(() => {
  pool = openPool(server.url, { max: 1 });
});
afterEach(() => pool.end());

const TEXT = 'SELECT $1::int AS n';
const ask = async (n = 1): Promise<unknown> => (await pool.query<{ n: number }>(TEXT, [n])).rows[0]?.n;
const newCache = (): StatementCache => new StatementCache(pool, { minUses: 1 }, new WarningLog());
const naming = (cache: StatementCache): Promise<void> => untilNaming(cache, () => ask());
const onServer = async (): Promise<number> => {
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM pg_prepared_statements');
  return rows[0]?.n ?? Number.NaN;
};
const isHooked = (client: PoolClient): boolean => Object.hasOwn(client, 'query');

/** On a connection that stays the same one, without asking through the pool. */
async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

describe('uninstalling', () => {
  it('closes what is prepared, takes the hook out, and leaves the counts', async () => {
    const cache = newCache().install();
    await naming(cache);
    const { misses } = cache.getStats();
    cache.uninstall();
    expect(await onServer()).toBe(0);
    expect(await withClient(async (client) => isHooked(client))).toBe(false);
    await ask();
    expect(cache.getStats()).toMatchObject({ misses, entries: 0 });
  });

  it('while a statement is under way closes it after that, before or after others come', async () => {
    const cache = newCache().install();
    await naming(cache);
    await withClient(async (client) => {
      const running = client.query('SELECT pg_sleep($1), 1 AS one', [0.05]);
      cache.uninstall();
      const waiting = client.query(TEXT, [2]);
      expect((await running).rows).toMatchObject([{ one: 1 }]);
      expect((await waiting).rows).toEqual([{ n: 2 }]);
    });
    expect(await onServer()).toBe(0);
    cache.install();
    await naming(cache);
    expect(await disagreements(pool, cache)).toEqual([]);
  });

  it('and installing again in the middle of a statement agrees with the server', async () => {
    const cache = newCache().install();
    await naming(cache);
    await withClient(async (client) => {
      const running = client.query(TEXT, [1]);
      cache.uninstall();
      cache.install();
      await running;
      for (let n = 0; n < 5; n += 1) {
        expect((await client.query(TEXT, [n])).rows).toEqual([{ n }]);
      }
    });
    expect(await disagreements(pool, cache)).toEqual([]);
  });

  it('does nothing the second time, as installing does', async () => {
    const cache = newCache().install().install();
    await naming(cache);
    cache.uninstall();
    cache.uninstall();
    cache.install();
    await ask();
    await naming(cache);
    expect(await disagreements(pool, cache)).toEqual([]);
  });
});

describe('two caches of one pool', () => {
  it('one names, the other takes over when it goes', async () => {
    const [first, second] = [newCache().install(), newCache().install()];
    await naming(first);
    await ask();
    expect(second.getStats()).toMatchObject({ hits: 0, misses: 0, entries: 0 });
    first.uninstall();
    const before = first.getStats();
    await naming(second);
    expect(first.getStats()).toEqual(before);
    expect(await disagreements(pool, second)).toEqual([]);
    second.uninstall();
    expect(await onServer()).toBe(0);
  });

  it('the other may go before its turn', async () => {
    const [first, second] = [newCache().install(), newCache().install()];
    await naming(first);
    second.uninstall();
    expect(await disagreements(pool, first)).toEqual([]);
    first.uninstall();
    expect(await withClient(async (client) => isHooked(client))).toBe(false);
  });
});

describe('beside a query timer', () => {
  const orders: readonly (readonly [string, (cache: StatementCache, timer: QueryTimer) => void])[] = [
    ['the timer first, the cache out first', (cache, timer) => [timer.install(), cache.install()]],
    ['the cache first, the timer out first', (cache, timer) => [cache.install(), timer.install()]],
  ];
  it.each(orders)('%s: both see every statement', async (_, install) => {
    const cache = newCache();
    const timer = new QueryTimer(pool);
    install(cache, timer);
    await naming(cache);
    const { queries } = timer.getStats();
    const { hits } = cache.getStats();
    for (let n = 0; n < 10; n += 1) {
      expect(await ask(n)).toBe(n);
    }
    expect(timer.getStats().queries).toBe(queries + 10);
    expect(cache.getStats().hits).toBe(hits + 10);
    timer.uninstall();
    expect(await ask(1)).toBe(1);
    expect(cache.getStats().hits).toBe(hits + 11);
    timer.install();
    cache.uninstall();
    expect(await ask(2)).toBe(2);
    expect(timer.getStats().queries).toBe(queries + 11);
    expect(timer.getStats().inFlight).toBe(0);
    expect(await onServer()).toBe(0);
    timer.uninstall();
    expect(await withClient(async (client) => isHooked(client))).toBe(false);
  });

  it('a statement that is sent again is one statement, without an error', async () => {
    const cache = newCache().install();
    const timer = new QueryTimer(pool).install();
    await naming(cache);
    const { queries, errors } = timer.getStats();
    await pool.query("DO $do$ BEGIN EXECUTE 'DEAL' || 'LOCATE ALL'; END $do$");
    await ask();
    expect(timer.getStats()).toMatchObject({ queries: queries + 2, errors, inFlight: 0 });
    timer.uninstall();
    cache.uninstall();
  });
});

describe('the application', () => {
  const applications = (options = {}) =>
    WatchedDatabases.of([pool], { statementCache: { minUses: 1 }, ...options });

  it('names, exports what its cache has done, and closes what is prepared when it is closed', async () => {
    const app = await applications();
    let scrape = await app.scrape();
    expect(NAMES.map((name) => scrape(name))).toEqual([0, 0, 0, 0, 0, 0]);
    do {
      await ask();
      scrape = await app.scrape();
    } while (scrape('stmt_cache_misses_total') === 0);
    for (let n = 0; n < 3; n += 1) {
      await ask();
    }
    scrape = await app.scrape();
    expect(NAMES.map((name) => scrape(name))).toEqual([3, 1, 0, 1, 0.75, 0]);
    await app.close();
    expect(await onServer()).toBe(0);
  });

  it('exports zeros when its cache is off, and names nothing', async () => {
    const app = await applications({ statementCache: false });
    for (let n = 0; n < 10; n += 1) {
      await ask();
    }
    const scrape = await app.scrape();
    expect(NAMES.map((name) => scrape(name))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await onServer()).toBe(0);
    await app.close();
  });

  it('beside another one with registries of their own: each exports its own, the second when the first is gone', async () => {
    const [first, second] = [await applications(), await applications()];
    const misses = async (app: WatchedDatabases) => (await app.scrape())('stmt_cache_misses_total') ?? -1;
    do {
      await ask();
    } while ((await misses(first)) === 0);
    expect(await misses(second)).toBe(0);
    await first.close();
    do {
      await ask();
    } while ((await misses(second)) === 0);
    expect(await onServer()).toBe(1);
    await second.close();
    expect(await onServer()).toBe(0);
  });
});

describe('several pools of one cache', () => {
  it('count together, and each connection by itself', async () => {
    const other = openPool(server.url, { max: 2 });
    const cache = new StatementCache([pool, other], { minUses: 1 }, new WarningLog()).install();
    await naming(cache);
    const queries = (): Promise<unknown> =>
      Promise.all([other.query(WARM_UP, [1]), other.query(WARM_UP, [1])]);
    await until('three connections have one each', async () => {
      await queries();
      return cache.getStats().entries === 3;
    });
    expect((await preparedIn(other, cache)).map(({ cache: names }) => names.length)).toEqual([1, 1]);
    await other.end();
    await until('two are closed', () => cache.getStats().entries === 1);
    cache.uninstall();
  });
});

const NAMES = [
  'stmt_cache_hits_total',
  'stmt_cache_misses_total',
  'stmt_cache_evictions_total',
  'stmt_cache_entries',
  'stmt_cache_hit_rate',
  'stmt_cache_plan_regressions_total',
];

describe('a cache made by hand', () => {
  it('refuses options that cannot be used', () => {
    expect(() => new StatementCache(pool, { maxEntries: 0 })).toThrow(
      new InvalidOptionsError(
        'StatementCache cannot start with these options:\n  - maxEntries is 0; allowed: a whole number of at least 1',
      ),
    );
    expect(() => new StatementCache(pool, { max: 5 } as never)).toThrow('unknown option max (value 5)');
  });

  it('takes undefined as a wish for the default', async () => {
    const cache = new StatementCache(pool, { maxEntries: undefined, minUses: 1 }, new WarningLog()).install();
    await naming(cache);
    expect(cache.getStats().entries).toBe(1);
    cache.uninstall();
  });
});
