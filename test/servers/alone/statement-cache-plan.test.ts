import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementCacheOptions } from '../../../src/index.js';
import {
  aside,
  type CachedPool,
  cachedPool,
  disagreements,
  preparedIn,
} from '../../support/cached-statements.js';
import { startPostgres } from '../../support/postgres.js';
import { until } from '../../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
  // Of three statuses each third seems to have one; in fact nearly all are done, and those that failed are the latest.
  await aside(
    server.url,
    'DROP TABLE IF EXISTS skewed',
    'CREATE TABLE skewed (id int PRIMARY KEY, status text NOT NULL)',
    `INSERT INTO skewed SELECT id, CASE WHEN id > 399900 THEN 'failed' WHEN id > 399800 THEN 'new' ELSE 'done' END
       FROM generate_series(1, 400000) id`,
    'CREATE INDEX ON skewed (status)',
    'ANALYZE skewed',
  );
});
afterAll(() => server.stop());

/** With a value that must not reach the log, and a line break. */
const SKEWED = "SELECT id FROM skewed WHERE status = $1 AND 'secret\nvalue' <> '' ORDER BY id LIMIT 10";
const EXPECTED = Array.from({ length: 10 }, (_, index) => 399_901 + index);

async function withCached(options: StatementCacheOptions, work: (cached: CachedPool) => Promise<void>) {
  const cached = await cachedPool(server.url, options, { max: 3 });
  try {
    await work(cached);
  } finally {
    await cached.pool.end();
  }
}

/** How long each execution took, by its number; the rows are right each time. */
async function execute(pool: Pool, rounds: number): Promise<number[]> {
  const durations: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const { rows } = await pool.query<{ id: number }>(SKEWED, ['failed']);
    durations.push(performance.now() - startedAt);
    expect(rows.map(({ id }) => id)).toEqual(EXPECTED);
  }
  return durations;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

describe('a statement that is much slower with the generic plan', () => {
  it('loses its name on every connection, is counted and told once, and is fast again', async () => {
    await withCached({}, async ({ pool, cache, log }) => {
      // Prepared on every connection.
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => execute(pool, 1)));
      const slow = await execute(pool, 100);
      expect(Math.max(...slow)).toBeGreaterThan(5);
      expect(cache.getStats().planRegressions).toBe(1);
      expect(log.warnings).toEqual([
        expect.stringMatching(
          /^A statement is no longer prepared: with the server's generic plan it takes [\d.]+ ms instead of [\d.]+ ms \(medians\): SELECT id FROM skewed WHERE status = \? AND \? <> \? ORDER BY id LIMIT \?$/,
        ),
      ]);
      expect(median(await execute(pool, 51))).toBeLessThan(median(slow.slice(0, 20)) / 3);
      // Each connection closes it when it is asked for the statement again.
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => execute(pool, 1)));
      const left = (await preparedIn(pool, cache)).flatMap(({ server: names }) => names);
      const { rows } = await pool.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement LIKE '%skewed%' AND name LIKE 'hm%'",
      );
      expect(rows).toEqual([{ n: 0 }]);
      expect(left.length).toBeLessThanOrEqual(3);
      expect(await disagreements(pool, cache)).toEqual([]);
      expect(cache.getStats().planRegressions).toBe(1);
      expect(log.warnings).toHaveLength(1);
    });
  });

  it('is found when the server is to end statements that take too long', async () => {
    await withCached({}, async ({ pool, cache }) => {
      let canceled = 0;
      const client = await pool.connect();
      await client.query('SET statement_timeout = 4');
      for (let n = 0; n < 200 && cache.getStats().planRegressions === 0; n += 1) {
        await client.query(SKEWED, ['failed']).catch((error: { code: string }) => {
          canceled += error.code === '57014' ? 1 : 0;
        });
      }
      client.release(true);
      expect(canceled).toBeGreaterThan(10);
      expect(cache.getStats().planRegressions).toBe(1);
    });
  });

  it('keeps its name with planGuard: false', async () => {
    await withCached({ planGuard: false }, async ({ pool, cache, log }) => {
      const durations = await execute(pool, 120);
      expect(median(durations.slice(60))).toBeGreaterThan(5);
      expect(cache.getStats()).toMatchObject({ planRegressions: 0, hits: expect.any(Number) as number });
      expect(log.warnings).toEqual([]);
    });
  });

  it('is never named when it is denied', async () => {
    await withCached({ deny: [/skewed/] }, async ({ pool, cache }) => {
      const { misses, hits } = cache.getStats();
      expect(median(await execute(pool, 60))).toBeLessThan(5);
      expect(cache.getStats()).toMatchObject({ misses, hits });
    });
  });

  it('is planned for its values on connections that ask for that', async () => {
    await withCached({ planGuard: false }, async ({ pool, cache }) => {
      const client = await pool.connect();
      await client.query("SET plan_cache_mode = 'force_custom_plan'");
      const { hits } = cache.getStats();
      for (let n = 0; n < 20; n += 1) {
        await client.query(SKEWED, ['failed']);
      }
      expect(cache.getStats().hits).toBe(hits + 19);
      const { rows } = await client.query<{ generic_plans: string }>(
        "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%skewed%'",
      );
      expect(rows).toEqual([{ generic_plans: '0' }]);
      client.release(true);
    });
  });
});

describe('a statement that is as fast with the generic plan', () => {
  it('keeps its name when load comes after its fifth execution', async () => {
    await withCached({}, async ({ pool, cache, log }) => {
      await pool.query('DROP TABLE IF EXISTS load');
      await pool.query('CREATE TABLE load AS SELECT 0.0 AS seconds');
      const text = 'SELECT pg_sleep(seconds)::text, $1::int AS n FROM load';
      const ask = async (n: number): Promise<unknown> =>
        (await pool.query<{ n: number }>(text, [n])).rows[0]?.n;
      for (let n = 0; n < 20; n += 1) {
        expect(await ask(n)).toBe(n);
      }
      await pool.query('UPDATE load SET seconds = 0.006');
      const guard = cache['shared'].admission.use(text)?.guard;
      await until('a trial has acquitted it', async () => {
        await ask(1);
        return (guard?.['looksAt'] ?? 0) > 16;
      });
      expect(cache.getStats().planRegressions).toBe(0);
      expect(log.warnings).toEqual([]);
    });
  });
});
