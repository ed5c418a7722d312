import type pg from 'pg';
import type { PoolClient } from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let admin: pg.Pool;
let pool: pg.Pool;
let timed: ReturnType<typeof timeQueries>;

beforeAll(async () => {
  server = await startPostgres();
  admin = openPool(server.url);
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});
beforeEach(() => {
  pool = openPool(server.url, { max: 4 });
  timed = timeQueries(pool);
});
afterEach(async () => {
  if (!pool.ending) {
    await pool.end();
  }
});

/** By a callback: a connection can be lost before a promise tells of it. */
const connect = (): Promise<PoolClient> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      client?.on('error', () => {});
      if (client === undefined) {
        reject(error);
      } else {
        resolve(client);
      }
    });
  });

/** A client that survives the loss of its connection, with the number of its backend. */
async function checkOut(): Promise<{ client: PoolClient; kill: () => Promise<void>; isGone: () => boolean }> {
  const client = await connect();
  let isGone = false;
  client.once('end', () => (isGone = true));
  const { pid } = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!;
  return {
    client,
    kill: async () => void (await admin.query('SELECT pg_terminate_backend($1)', [pid])),
    isGone: () => isGone,
  };
}

const until = async (check: () => boolean): Promise<void> =>
  expect(await poll(check, { timeoutMs: 60_000, intervalMs: 5 })).toBe(true);

const READS = 'SELECT i, repeat($1, 100) FROM generate_series(1, 100000) i';

describe('a backend that is killed', () => {
  it('in a statement ends it with the server’s error', async () => {
    const { client, kill, isGone } = await checkOut();
    const outcome = client.query('SELECT pg_sleep(10)').catch((error: unknown) => error);
    await kill();
    expect(await outcome).toMatchObject({ code: '57P01' });
    await until(isGone);
    client.release(true);
    expect(await timed.counted()).toEqual({ operations: { select: 2 }, errors: { '57': 1 }, inFlight: 0 });
  });

  it('with statements queued ends them all', async () => {
    const { client, kill } = await checkOut();
    const outcomes = Promise.allSettled([1, 2, 3].map(() => client.query('SELECT pg_sleep(10)')));
    expect(timed.timer.inFlight).toBe(3);
    await kill();
    await outcomes;
    client.release(true);
    expect(await timed.counted()).toEqual({
      operations: { select: 4 },
      errors: { '57': 1, client: 2 },
      inFlight: 0,
    });
  });

  it('in the middle of a stream ends it, whatever the stream tells', async () => {
    const { client, kill } = await checkOut();
    const stream = client.query(new QueryStream(READS, ['x'], { batchSize: 10 }));
    stream.on('error', () => {});
    await stream.iterator({ destroyOnReturn: false }).next();
    expect(timed.timer.inFlight).toBe(1);
    await kill();
    await until(() => timed.timer.inFlight === 0);
    stream.destroy();
    client.release(true);
    expect(await timed.counted()).toEqual({ operations: { select: 2 }, errors: { '57': 1 }, inFlight: 0 });
  });

  it('between two reads of a cursor ends it', async () => {
    const { client, kill } = await checkOut();
    const cursor = client.query(new Cursor(READS, ['x']));
    expect(await cursor.read(5)).toHaveLength(5);
    await kill();
    await until(() => timed.timer.inFlight === 0);
    await expect(cursor.read(5)).rejects.toMatchObject({ code: '57P01' });
    client.release(true);
    expect(await timed.counted()).toEqual({ operations: { select: 2 }, errors: { '57': 1 }, inFlight: 0 });
  });

  it('in a transaction fails what follows', async () => {
    const { client, kill, isGone } = await checkOut();
    await client.query('BEGIN');
    await kill();
    await until(isGone);
    await expect(client.query('COMMIT')).rejects.toThrow('not queryable');
    client.release(true);
    expect(await timed.counted()).toEqual({
      operations: { select: 1, transaction: 2 },
      errors: { client: 1 },
      inFlight: 0,
    });
  });

  it('while its connection is idle is no query', async () => {
    const { client, kill } = await checkOut();
    client.release();
    await kill();
    await until(() => pool.totalCount === 0);
    await pool.query('SELECT 1');
    expect(await timed.counted()).toEqual({ operations: { select: 2 }, errors: {}, inFlight: 0 });
  });
});

describe('a connection that is lost', () => {
  it('ends statements, streams and cursors', async () => {
    const lost = await Promise.all([checkOut(), checkOut(), checkOut()]);
    const [query, stream, cursor] = lost.map(({ client }) => client) as [PoolClient, PoolClient, PoolClient];
    const outcome = query.query('SELECT pg_sleep(10)').catch((error: unknown) => error);
    stream.query(new QueryStream(READS, ['x'], { batchSize: 10 })).on('error', () => {});
    await cursor.query(new Cursor(READS, ['x'])).read(1);
    expect(timed.timer.inFlight).toBe(3);
    for (const { client } of lost) {
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    }
    expect(await outcome).toMatchObject({ message: 'Connection terminated unexpectedly' });
    await until(() => timed.timer.inFlight === 0);
    lost.forEach(({ client }) => client.release(true));
    expect(await timed.counted()).toEqual({ operations: { select: 6 }, errors: { client: 3 }, inFlight: 0 });
  });
});

describe('a client that is ended', () => {
  it('ends what it has queued', async () => {
    const { client } = await checkOut();
    const outcomes = Promise.allSettled(
      [1, 2, 3].map((n) => client.query('SELECT $1::int, pg_sleep(5)', [n])),
    );
    const queued = client.query(new QueryStream(READS, ['x']));
    queued.on('error', () => {});
    expect(timed.timer.inFlight).toBe(4);
    await (client as unknown as pg.Client).end();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(client.query('SELECT 1')).rejects.toThrow('Client was closed and is not queryable');
    client.release(true);
    expect(await timed.counted()).toEqual({ operations: { select: 6 }, errors: { client: 5 }, inFlight: 0 });
  });
});

describe('a pool that is ended under load', () => {
  it('has every statement counted that it sent, and no other', async () => {
    const settled: string[] = [];
    const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    const loads = clients.map(async (client) => {
      for (let index = 0; index < 20; index += 1) {
        await client.query('SELECT $1::int', [index]);
        settled.push('sent');
      }
      client.release();
    });
    const ended = pool.end();
    await expect(pool.query('SELECT 1')).rejects.toThrow('Cannot use a pool after calling end');
    await Promise.all([...loads, ended]);
    expect(settled).toHaveLength(60);
    expect(timed.timer.getStats()).toMatchObject({ queries: 60, errors: 0, inFlight: 0 });
    expect((await timed.counted()).operations).toEqual({ select: 60 });
  });
});

it('never counts less than none under way, while connections die at random', async () => {
  const lowest = { inFlight: 0 };
  const load = Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const form = index % 3;
      try {
        if (form === 0) {
          await pool.query('SELECT pg_sleep(0.002)');
        } else {
          const client = await connect();
          try {
            if (form === 1) {
              await client.query(new Cursor(READS, ['x'])).read(3);
            } else {
              client.query(new QueryStream(READS, ['x'])).on('error', () => {});
            }
          } finally {
            client.release(true);
          }
        }
      } catch {
        // Killed.
      }
      lowest.inFlight = Math.min(lowest.inFlight, timed.timer.inFlight);
    }),
  );
  const killer = setInterval(() => {
    void admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query = 'SELECT pg_sleep(0.002)' AND datname = current_database() LIMIT 1`,
    );
  }, 10);
  await load;
  clearInterval(killer);
  await until(() => timed.timer.inFlight === 0);
  expect(lowest.inFlight).toBe(0);
});
