import { Query, type Pool, type PoolClient } from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CopyTo } from '../support/copy-to.js';
import {
  answerOf,
  type CachedPool,
  cachedPool,
  disagreements,
  preparedOn,
} from '../support/cached-statements.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { type AnyQuery, errorFields, QUERY_FORMS, type QueryForm } from '../support/query-forms.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** What the application sees, three times in a row. */
async function outcomes(pool: Pool, run: QueryForm['run']): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let n = 0; n < 3; n += 1) {
    const client = await pool.connect();
    client.on('error', () => {});
    try {
      seen.push({ value: await run(client) });
    } catch (error) {
      seen.push({ error: withoutName(errorFields(error)) });
    } finally {
      client.release();
    }
  }
  return seen;
}

/** Some messages of the server name the statement; the length of the message is a field as well. */
function withoutName(fields: unknown): unknown {
  const { message, length: _, ...others } = fields as { message: string; length?: number };
  return { ...others, message: message.replace(/"hm_[0-9a-f]{40}"/, '""') };
}

async function withCached(
  work: (client: PoolClient, cached: CachedPool) => Promise<void>,
  poolOptions = {},
): Promise<void> {
  const cached = await cachedPool(server.url, {}, poolOptions);
  try {
    const client = await cached.pool.connect();
    try {
      await work(client, cached);
    } finally {
      client.release();
    }
    expect(await disagreements(cached.pool, cached.cache)).toEqual([]);
  } finally {
    await cached.pool.end();
  }
}

describe.each(QUERY_FORMS)('$name', ({ run }) => {
  it('gives again and again what it gives without a cache', async () => {
    const plain = openPool(server.url, { max: 1 });
    const { pool, cache } = await cachedPool(server.url);
    try {
      expect(await outcomes(pool, run)).toEqual(await outcomes(plain, run));
      expect(await disagreements(pool, cache)).toEqual([]);
    } finally {
      await Promise.all([plain.end(), pool.end()]);
    }
  });
});

const TEXT = 'SELECT $1::int AS n';

describe('what is named', () => {
  const named: readonly (readonly [string, (client: PoolClient) => unknown])[] = [
    ['a text with values', (client) => client.query(TEXT, [1])],
    [
      'a text with values and a callback',
      (client) => new Promise((resolve) => client.query(TEXT, [1], resolve)),
    ],
  ];
  it.each(named)('%s', async (_, send) => {
    await withCached(async (client, { cache }) => {
      const { hits, misses } = cache.getStats();
      await send(client);
      await send(client);
      expect(cache.getStats()).toMatchObject({ hits: hits + 1, misses: misses + 1 });
    });
  });

  const unnamed: readonly (readonly [string, (client: PoolClient) => unknown])[] = [
    ['a text alone', (client) => client.query('SELECT 1')],
    ['a text with no values in an array', (client) => client.query('SELECT 1', [])],
    ['a configuration', (client) => client.query({ text: TEXT, values: [1] })],
    ['a configuration and values', (client) => client.query({ text: TEXT }, [1])],
    ['a statement with a name', (client) => client.query({ name: 'n', text: TEXT, values: [1] })],
    ['a Query', (client) => new Promise((resolve) => client.query(new Query(TEXT, [1], resolve as never)))],
    ['a cursor', (client) => client.query(new Cursor(TEXT, [1])).read(10)],
    ['a stream', (client) => client.query(new QueryStream(TEXT, [1])).toArray()],
    [
      'no text',
      (client) =>
        Promise.resolve()
          .then(() => (client.query as AnyQuery).call(client, null, [1]))
          .catch(() => {}),
    ],
    [
      'what has no function for a callback',
      (client) =>
        Promise.resolve()
          .then(() => (client.query as AnyQuery).call(client, TEXT, [1], 'callback'))
          .catch(() => {}),
    ],
  ];
  it.each(unnamed)('not %s', async (_, send) => {
    await withCached(async (client, { cache }) => {
      const { hits, misses } = cache.getStats();
      await send(client);
      await send(client);
      expect(cache.getStats()).toMatchObject({ hits, misses });
      expect(await answerOf(client.query(TEXT, [2]))).toEqual([{ n: 2 }]);
    });
  });

  it('not what waits behind another statement: only the first of many at once', async () => {
    await withCached(async (client, { cache }) => {
      const { misses } = cache.getStats();
      for (let round = 0; round < 3; round += 1) {
        const rows = await Promise.all(
          [1, 2, 3, 4, 5].map(async (n) => (await client.query<{ n: number }>(TEXT, [n])).rows[0]?.n),
        );
        expect(rows).toEqual([1, 2, 3, 4, 5]);
      }
      expect(cache.getStats()).toMatchObject({ misses: misses + 1, hits: 2 });
    });
  });
});

describe('beside a statement that goes on', () => {
  it('a cursor is read to its end while statements wait, and names are closed after it', async () => {
    await withCached(async (client, { cache }) => {
      await client.query(TEXT, [1]);
      const cursor = client.query(new Cursor('SELECT i FROM generate_series(1, 100) i'));
      const first = cursor.read(10);
      const waiting = [client.query(TEXT, [2]), client.query('DEALLOCATE ALL'), client.query(TEXT, [3])];
      expect(await first).toHaveLength(10);
      expect(await cursor.read(1000)).toHaveLength(90);
      await cursor.close();
      const [two, , three] = await Promise.all(waiting);
      expect([two?.rows, three?.rows]).toEqual([[{ n: 2 }], [{ n: 3 }]]);
      expect((await preparedOn(client, cache)).server).toEqual([]);
    });
  });

  it('a COPY gets its data, whatever is to be closed', async () => {
    await withCached(async (client, { cache }) => {
      await client.query('CREATE TEMP TABLE copied (a int)');
      await client.query(TEXT, [1]);
      await client.query('DEALLOCATE ALL');
      const copy = client.query(new CopyTo('COPY (SELECT 1) TO STDOUT') as never) as unknown as CopyTo;
      const waiting = client.query(TEXT, [2]);
      cache.uninstall();
      expect(await copy.lines).toBe('1\n');
      expect((await waiting).rows).toEqual([{ n: 2 }]);
      cache.install();
    });
  });

  it('a statement that takes too long is given up, and the connection goes on when it is over', async () => {
    await withCached(
      async (client, { cache }) => {
        const slow = 'SELECT pg_sleep($1)::text AS slept';
        for (const seconds of [0, 0.3, 0, 0.3]) {
          const expected = seconds === 0 ? [{ slept: '' }] : 'Query read timeout';
          expect(await answerOf(client.query(slow, [seconds]))).toEqual(expected);
          // Those that wait have a time limit too.
          await answerOf(client.query('SELECT pg_sleep(0)'));
          expect(await answerOf(client.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
        }
        // Nobody knows what became of the one that was given up: it is closed.
        expect((await preparedOn(client, cache)).cache).toHaveLength(1);
      },
      { query_timeout: 250 },
    );
  });
});

describe('an error', () => {
  it('has the stack of whoever sent the statement', async () => {
    await withCached(async (client) => {
      async function sender(): Promise<unknown> {
        return await client.query(TEXT, ['x']);
      }
      const error = (await sender().catch((reason: unknown) => reason)) as Error;
      expect(error.stack).toContain('sender');
    });
  });

  it('that nobody catches is told to the process', async () => {
    await withCached(async (client) => {
      const unhandled = new Promise((resolve) => process.prependOnceListener('unhandledRejection', resolve));
      const listeners = process.listeners('unhandledRejection').slice(1);
      listeners.forEach((listener) => process.off('unhandledRejection', listener));
      void client.query(TEXT, ['x']);
      expect(await unhandled).toMatchObject({ code: '22P02' });
      listeners.forEach((listener) => process.on('unhandledRejection', listener));
    });
  });

  it('thrown by a callback is thrown as pg throws it, and the connection goes on', async () => {
    await withCached(async (client) => {
      const thrown = new Promise((resolve) => {
        const others = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        process.once('uncaughtException', (error) => {
          others.forEach((listener) => process.on('uncaughtException', listener));
          resolve(error);
        });
      });
      client.query(TEXT, [1], () => {
        throw new RangeError('The callback failed.');
      });
      expect(await thrown).toMatchObject({ message: 'The callback failed.' });
      expect(await answerOf(client.query(TEXT, [2]))).toEqual([{ n: 2 }]);
    });
  });
});
