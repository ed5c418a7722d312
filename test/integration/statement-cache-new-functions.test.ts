import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type CachedPool, cachedPool } from '../support/cached-statements.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

let cached: CachedPool;
beforeEach(async () => {
  cached = await cachedPool(server.url);
});
afterEach(async () => {
  cached.cache.uninstall();
  await cached.pool.query('DROP SCHEMA IF EXISTS made CASCADE');
  await cached.pool.end();
});

const CREATE = 'CREATE FUNCTION made.twice(a int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT_ $$';
const harmless = CREATE.replace('SELECT_', 'SELECT a * 2').replace('IMMUTABLE', 'STABLE');
const harmful = harmless
  .replace('CREATE', 'CREATE OR REPLACE')
  .replace('STABLE', 'VOLATILE')
  .replace('SELECT a', `SELECT set_config('search_path', 'made', false); SELECT a`);
const TWICE = 'SELECT made.twice($1) AS n';

async function hitsOf(text: string): Promise<number> {
  const before = cached.cache.getStats().hits;
  const { rows } = await cached.pool.query<{ n: number }>(text, [2]);
  expect(rows).toEqual([{ n: 4 }]);
  return cached.cache.getStats().hits - before;
}

describe('a function that is created after the check of the server', () => {
  it.each([
    ['alone', [`CREATE SCHEMA made`, harmless]],
    ['in a migration', ['BEGIN', 'CREATE SCHEMA made', 'CREATE TABLE made.t (id int)', harmless, 'COMMIT']],
    ['with others in one text', [`CREATE SCHEMA made; ${harmless}`]],
  ])('and leaves the session alone has its statements named: %s', async (_, texts) => {
    for (const text of texts) {
      await cached.pool.query(text);
    }
    await until('a hit', async () => (await hitsOf(TWICE)) === 1);
    expect(await hitsOf(TWICE)).toBe(1);
  });

  it('and replaces a harmless one is not taken for that', async () => {
    const { pool } = cached;
    await pool.query(`CREATE SCHEMA made; ${harmless}`);
    await until('a hit', async () => (await hitsOf(TWICE)) === 1);
    await pool.query(harmful);
    for (let n = 0; n < 5; n += 1) {
      expect(await hitsOf(TWICE)).toBe(0);
      // Time for the answer of the server.
      await cachedAnswer();
    }
    expect(await hitsOf(TWICE)).toBe(0);
  });
});

describe('a table with a trigger', () => {
  const CHANGE = 'UPDATE made.books SET title = $2 WHERE id = $1';
  const triggerThat = (does: string) => `
    CREATE SCHEMA made;
    CREATE TABLE made.books (id int PRIMARY KEY, title text, changed_at timestamptz, temp int);
    CREATE TABLE made.audit (title text);
    INSERT INTO made.books VALUES (1, 'a');
    CREATE FUNCTION made.changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${does}; RETURN NEW; END $$;
    CREATE TRIGGER changed BEFORE UPDATE ON made.books FOR EACH ROW EXECUTE FUNCTION made.changed()`;

  async function namedChanges(): Promise<number> {
    const { cache, pool } = cached;
    await cachedAnswer();
    const before = cache.getStats();
    for (let n = 0; n < 5; n += 1) {
      await pool.query(CHANGE, [1, `title ${n}`]);
    }
    const { hits, misses } = cache.getStats();
    return hits + misses - before.hits - before.misses;
  }

  it.each([
    'NEW.changed_at = now()',
    'NEW.temp = 1; INSERT INTO made.audit VALUES (NEW.title)',
    `PERFORM set_config('app.changed', NEW.title, true)`,
    `EXECUTE format('INSERT INTO made.%I VALUES ($1)', 'audit') USING NEW.title`,
  ])('that leaves the session alone has its statements named: %s', async (does) => {
    await cached.pool.query(triggerThat(does));
    expect(await namedChanges()).toBeGreaterThan(0);
  });

  it.each([
    `PERFORM set_config('search_path', 'made', true)`,
    `EXECUTE 'SET LOCAL search_path = made'`,
    'SET LOCAL ROLE postgres',
    'CREATE TEMP TABLE IF NOT EXISTS audit (title text)',
  ])('that changes the session has not: %s', async (does) => {
    await cached.pool.query(triggerThat(does));
    expect(await namedChanges()).toBe(0);
  });
});

/** Until functions of the server are known to be harmless again. */
async function cachedAnswer(): Promise<void> {
  await until('a hit', async () => (await hitsOf('SELECT abs($1::int) * 2 AS n')) === 1);
}
