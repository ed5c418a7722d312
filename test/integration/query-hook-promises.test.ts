import { type Pool, type PoolClient, Query, type QueryResult } from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { querySourceOf } from '../../src/database/drivers/query-source.js';
import { activeScope, RequestScope, runInScope } from '../../src/request-scope/request-scope.js';
import { lengthenStatements } from '../support/longer-statements.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import type { AnyQuery } from '../support/query-forms.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
let timed: ReturnType<typeof timeQueries>;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(() => {
  pool = openPool(server.url);
  timed = timeQueries(pool);
});
afterEach(async () => {
  timed.timer.uninstall();
  await pool.end();
});

async function withClient<T>(use: (client: PoolClient) => Promise<T> | T): Promise<T> {
  const client = await pool.connect();
  try {
    return await use(client);
  } finally {
    client.release();
  }
}

it('takes every form of pool.query', async () => {
  const sql = 'SELECT $1::int AS a';
  const rows = [{ a: 1 }];
  const called = (send: (callback: (error: Error, result: QueryResult) => void) => void) =>
    new Promise((resolve) => send((error, result) => resolve([error, result?.rows])));
  expect((await pool.query('SELECT 1 AS a')).rows).toEqual(rows);
  expect((await pool.query(sql, [1])).rows).toEqual(rows);
  expect((await pool.query({ text: sql, values: [1] })).rows).toEqual(rows);
  expect(await called((callback) => pool.query('SELECT 1 AS a', callback))).toEqual([undefined, rows]);
  expect(await called((callback) => pool.query(sql, [1], callback))).toEqual([undefined, rows]);
  await expect(pool.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
  expect(await called((callback) => pool.query('SELECT 1 / 0', callback))).toEqual([
    expect.objectContaining({ code: '22012' }),
    undefined,
  ]);
  expect(await timed.counted()).toEqual({ operations: { select: 7 }, errors: { '22': 2 }, inFlight: 0 });
  expect(await timed.acquired()).toEqual({ created: expect.any(Number), idle: expect.any(Number) });
});

it('leaves a configuration with a callback as it is, and takes it twice', async () => {
  const calls: unknown[] = [];
  const callback = (_error: unknown, { rows }: QueryResult): void => void calls.push(rows);
  const config = { text: 'SELECT 1 AS a', callback };
  await withClient(async (client) => {
    (client.query as AnyQuery).call(client, config);
    (client.query as AnyQuery).call(client, config);
    expect(await poll(() => calls.length === 2, { timeoutMs: 60_000, intervalMs: 5 })).toBe(true);
  });
  expect(config).toEqual({ text: 'SELECT 1 AS a', callback });
  expect(calls).toEqual([[{ a: 1 }], [{ a: 1 }]]);
  expect(await timed.counted()).toEqual({ operations: { select: 2 }, errors: {}, inFlight: 0 });
});

it('calls a callback with the same `this` as pg', async () => {
  const seen = await withClient(
    (client) =>
      new Promise((resolve) => {
        client.query('SELECT 1', function (this: unknown) {
          resolve(this);
        });
      }),
  );
  expect(seen).toBeInstanceOf(Query);
});

it('rejects with the error of the driver itself', async () => {
  const failure = new RangeError('unsendable');
  const value = {
    toPostgres: () => {
      throw failure;
    },
  };
  await expect(withClient((client) => client.query('SELECT $1', [value]))).rejects.toBe(failure);
});

it('throws what pg throws on no query at all', async () => {
  await withClient((client) => {
    expect(() => (client.query as AnyQuery).call(client, undefined)).toThrow(
      new TypeError('Client was passed a null or undefined query'),
    );
  });
  expect(timed.timer.inFlight).toBe(0);
});

it('has a forgotten rejection reported once', async () => {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const reported: unknown[] = [];
  const report = (reason: unknown): void => void reported.push(reason);
  process.on('unhandledRejection', report);
  try {
    await withClient(async (client) => {
      void client.query('SELECT 1 / 0');
      await client.query('SELECT 1');
    });
    await new Promise(setImmediate);
    expect(reported).toEqual([expect.objectContaining({ code: '22012' })]);
  } finally {
    process.removeListener('unhandledRejection', report);
    others.forEach((other) => process.on('unhandledRejection', other));
  }
});

it('names the caller in the stack of an error', async () => {
  async function theCallerOfTheQuery(client: PoolClient): Promise<void> {
    await client.query('SELECT 1 / 0');
  }
  const error = await withClient((client) => theCallerOfTheQuery(client)).catch((failure: Error) => failure);
  expect((error as Error).stack).toMatch(/theCallerOfTheQuery/);
  async function theCallerOfThePool(): Promise<void> {
    await pool.query('SELECT 1 / 0');
  }
  const other = await theCallerOfThePool().catch((failure: Error) => failure);
  expect((other as Error).stack).toMatch(/theCallerOfThePool/);
});

it('has a query that ended counted before the application goes on', async () => {
  await withClient(async (client) => {
    await client.query('SELECT 1');
    expect(timed.timer.getStats()).toMatchObject({ queries: 1, inFlight: 0 });
    await new Promise<void>((resolve) => {
      client.query('SELECT 1', () => {
        expect(timed.timer.getStats()).toMatchObject({ queries: 2, inFlight: 0 });
        resolve();
      });
    });
  });
});

it('sees a query under way, and what is slow', async () => {
  const { timer } = timeQueries(pool, { thresholdMs: 3_600_000 });
  onTestFinished(lengthenStatements(pool, (text) => (text.includes('pg_sleep') ? 7_200_000 : 0)));
  const slow = pool.query('SELECT pg_sleep(0.05)');
  expect(await poll(() => timer.inFlight === 1, { timeoutMs: 60_000, intervalMs: 1 })).toBe(true);
  expect(timer.getStats()).toMatchObject({ queries: 0, inFlight: 1, averageDurationMs: 0 });
  await slow;
  await pool.query('SELECT 1');
  const stats = timer.getStats();
  expect(stats).toMatchObject({ queries: 2, errors: 0, slowQueries: 1, inFlight: 0 });
  expect(stats.totalDurationMs).toBeGreaterThanOrEqual(7_200_000);
  expect(stats.averageDurationMs).toBe(stats.totalDurationMs / 2);
  const series = await timed.scrape();
  expect(series.get('app_db_query_duration_ms_total')).toBeCloseTo(stats.totalDurationMs, 0);
  timer.uninstall();
});

it('knows the unit of work of each query, however many wait for a connection', async () => {
  const seen: [string, unknown][] = [];
  const stop = querySourceOf(pool).observeQueries({
    queryStarted: ({ text, scope }) => void seen.push([text, scope?.owner]),
    queryEnded: () => {},
    failed: () => {},
  });
  const indexes = Array.from({ length: 60 }, (_, index) => index);
  await Promise.all(
    indexes.map((index) =>
      runInScope(new RequestScope({ index }), async () => {
        if (index % 3 === 0) {
          await pool.query(`SELECT ${index}`);
        } else if (index % 3 === 1) {
          await withClient((client) => client.query(`SELECT ${index}`));
        } else {
          const calledBackIn = await new Promise((resolve) => {
            pool.query(`SELECT ${index}`, () => resolve(activeScope()?.owner));
          });
          seen.push(['called back', calledBackIn]);
        }
        expect(activeScope()?.owner).toEqual({ index });
      }),
    ),
  );
  stop();
  const calledBack = indexes.filter((index) => index % 3 === 2).map((index) => ['called back', { index }]);
  expect(seen).toHaveLength(indexes.length + calledBack.length);
  expect(seen).toEqual(expect.arrayContaining(calledBack));
  expect(seen).toEqual(expect.arrayContaining(indexes.map((index) => [`SELECT ${index}`, { index }])));
});

it('takes queries that are sent ahead on a pipelined connection, and streams that are refused there', async () => {
  const pipelined = openPool(server.url, { max: 1, pipeline: true });
  const { timer, counted } = timeQueries(pipelined);
  const client = await pipelined.connect();
  const sent = ['SELECT 1 AS a', 'SELECT 1 / 0', 'SELECT 2 AS a'].map((text) => client.query(text));
  expect(timer.inFlight).toBe(3);
  expect((await Promise.allSettled(sent)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  await expect(client.query(new Cursor('SELECT 1')).read(1)).rejects.toThrow(
    'not supported in pipeline mode',
  );
  client.release();
  expect(await counted()).toEqual({ operations: { select: 4 }, errors: { '22': 1, client: 1 }, inFlight: 0 });
  await pipelined.end();
});
