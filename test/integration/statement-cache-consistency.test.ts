import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  assertAgreement,
  type CachedPool,
  cachedPool,
  disagree,
  preparedOn,
  WARM_UP,
} from '../support/cached-statements.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

let cached: CachedPool;
beforeEach(async () => {
  cached = await cachedPool(server.url, { maxEntries: 3 });
});
afterEach(async () => {
  await assertAgreement(cached.pool, cached.cache);
  await cached.pool.end();
});

const ADD = (n: number): string => `SELECT $1::int + ${n} AS sum_${n}`;
const counts = () => {
  const { hits, misses, evictions } = cached.cache.getStats();
  return { hits, misses, evictions };
};

/** On one connection, which goes back to the pool. */
async function onClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await cached.pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const unsendable = {
  toPostgres(): never {
    throw new RangeError('This cannot be sent.');
  },
};

describe('what the server has prepared is what the cache believes', () => {
  it('after hits, misses and evictions: the least recently used goes first', async () => {
    const before = counts();
    await onClient(async (client) => {
      for (const n of [1, 2, 1, 3, 4, 1, 2]) {
        expect((await client.query(ADD(n), [10])).rows).toEqual([{ [`sum_${n}`]: 10 + n }]);
      }
    });
    // 1 and 2 beside the warm-up; 3 for the warm-up, 4 for 2, 2 for 3.
    expect(counts()).toEqual({
      hits: before.hits + 2,
      misses: before.misses + 5,
      evictions: before.evictions + 3,
    });
  });

  it('after a text that cannot be parsed, again and again', async () => {
    await onClient(async (client) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await answerOf(client.query('SELECT $1::int FROM nowhere', [1]))).toBe('42P01');
        expect(await disagreementsOf(client)).toEqual([]);
      }
    });
  });

  it('after values that the server refuses, on a miss and on a hit', async () => {
    await onClient(async (client) => {
      for (const value of ['x', 1, 'x', 'x', 2]) {
        const expected = value === 'x' ? '22P02' : [{ n: value }];
        expect(await answerOf(client.query('SELECT $1::int AS n', [value]))).toEqual(expected);
        expect(await disagreementsOf(client)).toEqual([]);
      }
    });
  });

  it('after values that the driver cannot send, on a miss and on a hit', async () => {
    await onClient(async (client) => {
      for (const value of [unsendable, 1, unsendable, 2, 2]) {
        const expected = value === unsendable ? 'This cannot be sent.' : [{ n: value }];
        expect(await answerOf(client.query('SELECT $1::int AS n', [value]))).toEqual(expected);
      }
      expect((await preparedOn(client, cached.cache)).server).toHaveLength(2);
    });
  });

  it('after a transaction that is rolled back', async () => {
    await onClient(async (client) => {
      await client.query('BEGIN');
      await client.query(ADD(1), [1]);
      await client.query('ROLLBACK');
      const { hits } = counts();
      await client.query(ADD(1), [1]);
      expect(counts().hits).toBe(hits + 1);
    });
  });

  it('in an aborted transaction, with evictions in it', async () => {
    await onClient(async (client) => {
      await client.query(ADD(1), [1]);
      await client.query('BEGIN');
      expect(await answerOf(client.query(ADD(2), ['x']))).toBe('22P02');
      for (const n of [1, 2, 3, 4, 5, 1]) {
        expect(await answerOf(client.query(ADD(n), [1]))).toBe('25P02');
      }
      await client.query('ROLLBACK');
      expect(await disagreementsOf(client)).toEqual([]);
      expect(await answerOf(client.query(ADD(5), [1]))).toEqual([{ sum_5: 6 }]);
    });
  });

  it.each(['DISCARD ALL', 'DEALLOCATE ALL', 'DEALLOCATE PREPARE ALL', '/* all */ discard all'])(
    'after %s',
    async (statement) => {
      await onClient(async (client) => {
        await client.query(ADD(1), [1]);
        await client.query(statement);
        expect((await preparedOn(client, cached.cache)).server).toEqual([]);
        expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
      });
    },
  );

  it('after a DEALLOCATE of one name', async () => {
    await onClient(async (client) => {
      await client.query(ADD(1), [1]);
      await client.query('PREPARE own AS SELECT 1');
      await client.query('DEALLOCATE own');
      expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
    });
  });

  it('after a DISCARD that waits behind a statement, and one in a Query of pg', async () => {
    await onClient(async (client) => {
      await Promise.all([client.query(ADD(1), [1]), client.query('DISCARD ALL'), client.query(ADD(1), [1])]);
      expect(await disagreementsOf(client)).toEqual([]);
      const { Query } = await import('pg');
      await client.query(ADD(1), [1]);
      await new Promise((resolve) => client.query(new Query('DISCARD ALL', resolve as never)));
      expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
    });
  });

  it('after a block of code that closes all statements: never in doubt', async () => {
    await onClient(async (client) => {
      await client.query(ADD(1), [1]);
      await client.query("DO $do$ BEGIN EXECUTE 'DEAL' || 'LOCATE ALL'; END $do$");
      await client.query('BEGIN');
      expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
      await client.query('COMMIT');
      expect(await disagreementsOf(client)).toEqual([]);
    });
  });

  it('after a trigger that closes all statements: retried outside of transactions', async () => {
    await onClient(async (client) => {
      await client.query('CREATE TABLE IF NOT EXISTS closing (id int)');
      await client.query(
        `CREATE OR REPLACE FUNCTION close_all() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN EXECUTE 'DEAL' || 'LOCATE ALL'; RETURN NULL; END $$`,
      );
      await client.query(
        'CREATE OR REPLACE TRIGGER closes AFTER INSERT ON closing FOR EACH STATEMENT EXECUTE FUNCTION close_all()',
      );
      // Until the server has been asked about the new function, nothing has a name.
      const before = counts();
      await until('statements are named', async () => {
        await client.query(WARM_UP, [1]);
        return counts().hits + counts().misses > before.hits + before.misses;
      });
      const closeAll = 'INSERT INTO closing VALUES (1)';
      await client.query(ADD(1), [1]);
      await client.query(ADD(2), [1]);
      await client.query(closeAll);
      expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
      expect(await disagreementsOf(client)).toEqual([]);
      // In a transaction the error goes through; it is the only one.
      await client.query(ADD(1), [1]);
      await client.query(ADD(2), [1]);
      await client.query(closeAll);
      await client.query('BEGIN');
      expect(await answerOf(client.query(ADD(1), [1]))).toBe('26000');
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      expect(await answerOf(client.query(ADD(2), [1]))).toEqual([{ sum_2: 3 }]);
      await client.query('COMMIT');
    });
  });

  it("beside the application's own named statements", async () => {
    await onClient(async (client) => {
      const own = { name: 'own', text: ADD(1) };
      for (const n of [1, 2, 3, 4, 5]) {
        await client.query(ADD(n), [1]);
        expect((await client.query({ ...own, values: [n] })).rows).toEqual([{ sum_1: n + 1 }]);
      }
      const { rows } = await client.query(
        "SELECT count(*)::int AS n FROM pg_prepared_statements WHERE name = 'own'",
      );
      expect(rows).toEqual([{ n: 1 }]);
    });
  });

  it('after statements of its names that something else has left on the server', async () => {
    await onClient(async (client) => {
      await client.query(ADD(1), [1]);
      const [name] = (await preparedOn(client, cached.cache)).cache;
      await client.query('DISCARD ALL');
      await client.query(`PREPARE ${name} AS SELECT 'something else'`);
      expect(await answerOf(client.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
      expect(await answerOf(client.query(WARM_UP, [1]))).toEqual([{ warm_up: 1 }]);
    });
  });

  it('after the backend is killed, in a statement and between two', async () => {
    await onClient(async (client) => {
      client.on('error', () => {});
      await client.query(ADD(1), [1]);
      expect(await answerOf(client.query('SELECT pg_terminate_backend($1)', [pidOf(client)]))).toBe('57P01');
    });
    await until('the pool has removed it', () => cached.pool.totalCount === 0);
    expect(cached.cache.getStats().entries).toBe(0);
    // The first one of a new connection is sent before pg takes it for idle.
    for (const entries of [0, 1]) {
      expect(await answerOf(cached.pool.query(ADD(1), [1]))).toEqual([{ sum_1: 2 }]);
      expect(cached.cache.getStats().entries).toBe(entries);
    }
  });

  it('after a client was used when its pool had removed it', async () => {
    const client = await cached.pool.connect();
    await client.query(ADD(1), [1]);
    client.release(true);
    expect(await answerOf(client.query(ADD(1), [1]))).toBe('Client was closed and is not queryable');
    await until('it is forgotten', () => cached.cache.getStats().entries === 0);
    expect(await answerOf(client.query(ADD(1), [1]))).toBe('Client was closed and is not queryable');
    expect(cached.cache['namers'].size).toBe(1);
    expect([...cached.cache['namers']][0]?.['connections'].size).toBe(0);
  });
});

const pidOf = (client: PoolClient): number => (client as unknown as { processID: number }).processID;

async function disagreementsOf(client: PoolClient): Promise<unknown[]> {
  return [await preparedOn(client, cached.cache)].filter(disagree);
}
