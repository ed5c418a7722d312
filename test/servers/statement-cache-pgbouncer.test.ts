import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatementCache } from '../../src/index.js';
import {
  answerOf,
  aside,
  disagreements,
  preparedIn,
  untilNaming,
  WarningLog,
} from '../support/cached-statements.js';
import { openPool } from '../support/open-pool.js';
import { findMissingPgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';
import { isSkipped } from '../support/skipped.js';

const skipped = isSkipped('PgBouncer', findMissingPgBouncer());

const WARNING =
  'The statement cache is inactive: a pooler such as PgBouncer is between the application and the server, and ' +
  'may give each statement another connection; if it keeps a connection for a whole session, set the option `sessionPooler`.';

describe.skipIf(skipped)('behind PgBouncer', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  const poolers = {} as Record<'transaction' | 'session', PgBouncer>;
  beforeAll(async () => {
    server = await startPostgres();
    await aside(
      server.url,
      'DROP TABLE IF EXISTS pooled',
      'CREATE TABLE pooled AS SELECT id, id * 7 AS value FROM generate_series(1, 100) id',
    );
    poolers.transaction = await PgBouncer.start(server.url, 'transaction');
    poolers.session = await PgBouncer.start(server.url, 'session');
  });
  afterAll(async () => {
    await Promise.all(Object.values(poolers).map((pooler) => pooler.stop()));
    await server.stop();
  });

  /** Texts that a cache would name; those that are wrong or failed. */
  async function failures(pool: Pool, total: number): Promise<unknown[]> {
    const wrong: unknown[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < total) {
        const id = 1 + (sent++ % 100);
        const text = `SELECT id, value, ${id % 7} AS text FROM pooled WHERE id = $1`;
        const answer = await answerOf(pool.query(text, [id]));
        if (JSON.stringify(answer) !== JSON.stringify([{ id, value: id * 7, text: id % 7 }])) {
          wrong.push(answer);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return wrong;
  }

  it.each(['transaction', 'session'] as const)(
    'in %s mode it names nothing, and says once why and what to do',
    async (mode) => {
      const pool = openPool(poolers[mode].url, { max: mode === 'transaction' ? 6 : 1 });
      const log = new WarningLog();
      const cache = new StatementCache(pool, { minUses: 1 }, log).install();
      expect(await failures(pool, 200)).toEqual([]);
      await until('it is told', () => log.warnings.length > 0);
      expect(await failures(pool, 2000)).toEqual([]);
      expect(log.warnings).toEqual([WARNING]);
      expect(cache.getStats()).toMatchObject({ hits: 0, misses: 0, entries: 0 });
      await pool.end();
    },
  );

  it('in transaction mode names would go wrong in transactions', async () => {
    const pool = openPool(poolers.transaction.url, { max: 6 });
    const cache = new StatementCache(pool, { minUses: 1, sessionPooler: true }, new WarningLog()).install();
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    const ask = () => answerOf(first.query('SELECT $1::int AS prepared_on_one_connection', [1]));
    await untilNaming(cache, ask);
    expect(await ask()).toEqual([{ prepared_on_one_connection: 1 }]);
    // The pooler gives the second one the server's connection that was used last: by the first one, unless the cache has
    // just asked the server.
    await until('the first one has another connection', async () => {
      await second.query('BEGIN');
      await first.query('BEGIN');
      const answer = await ask();
      await Promise.all([first.query('ROLLBACK'), second.query('ROLLBACK')]);
      return answer === '26000';
    });
    first.release();
    second.release();
    cache.uninstall();
    await pool.end();
  });

  it('names when the pooler keeps connections for sessions and the option says so', async () => {
    const pool = openPool(poolers.session.url, { max: 2 });
    const log = new WarningLog();
    const cache = new StatementCache(pool, { minUses: 1, maxEntries: 5, sessionPooler: true }, log).install();
    await untilNaming(cache, () => pool.query('SELECT $1::int', [1]));
    expect(await failures(pool, 2000)).toEqual([]);
    expect(await disagreements(pool, cache)).toEqual([]);
    const { hits, evictions } = cache.getStats();
    expect(hits).toBeGreaterThan(100);
    expect(evictions).toBeGreaterThan(100);
    expect(log.warnings).toEqual([]);
    await pool.end();
  });

  it("is right on a server's connection that others had before, whatever they left on it", async () => {
    for (let n = 0; n < 3; n += 1) {
      const pool = openPool(poolers.session.url, { max: 2 });
      const cache = new StatementCache(pool, { minUses: 1, sessionPooler: true }, new WarningLog()).install();
      expect(await failures(pool, 100)).toEqual([]);
      expect((await preparedIn(pool, cache)).length).toBeGreaterThan(0);
      expect(await disagreements(pool, cache)).toEqual([]);
      await pool.end();
    }
  });

  it('a data source of TypeORM with transactions is as it is without a cache', async () => {
    const source = await new DataSource({
      type: 'postgres',
      url: poolers.transaction.url,
      poolSize: 6,
    }).initialize();
    const log = new WarningLog();
    const cache = new StatementCache(source, { minUses: 1 }, log).install();
    const work = async (id: number): Promise<unknown> =>
      source.transaction(async (manager) => [
        await manager.query('UPDATE pooled SET value = value + $2 WHERE id = $1', [id, 1]),
        await manager.query('UPDATE pooled SET value = value - $2 WHERE id = $1', [id, 1]),
        await manager.query('SELECT value FROM pooled WHERE id = $1', [id]),
      ]);
    for (let round = 0; round < 20; round += 1) {
      const ids = Array.from({ length: 12 }, (_, index) => index + 1);
      const answers = await Promise.all(ids.map(work));
      expect(answers).toEqual(ids.map((id) => [[[], 1], [[], 1], [{ value: id * 7 }]]));
    }
    expect(log.warnings).toEqual([WARNING]);
    expect(cache.getStats().misses).toBe(0);
    await source.destroy();
  });
});
