import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { QueryTimer } from '../../src/index.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: pg.Pool;
let timer: QueryTimer;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(() => {
  // Without timers of its own.
  pool = openPool(server.url, { idleTimeoutMillis: 0 });
  timer = new QueryTimer(pool).install();
});
afterEach(() => pool.end());

const timersOfProcess = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const isUnderWay = (): Promise<boolean> =>
  poll(() => timer.inFlight > 0, { timeoutMs: 60_000, intervalMs: 1 });

it('is over at once when no query is under way', async () => {
  expect(await timer.drain(0)).toBe(true);
  expect(await timer.drain(1000)).toBe(true);
});

it('waits for the queries under way, and leaves no timer', async () => {
  let isOver = false;
  const query = pool.query('SELECT pg_sleep(1)').then(() => (isOver = true));
  expect(await isUnderWay()).toBe(true);
  const timersBefore = timersOfProcess();
  expect(await timer.drain(60_000)).toBe(true);
  expect(timersOfProcess()).toBeLessThanOrEqual(timersBefore);
  await query;
  expect(isOver).toBe(true);
});

it.each([0, 20])('gives up after %i ms, and leaves the queries alone', async (timeoutMs) => {
  let isOver = false;
  const query = pool.query('SELECT pg_sleep(2), 1 AS a').finally(() => (isOver = true));
  expect(await isUnderWay()).toBe(true);
  expect(await timer.drain(timeoutMs)).toBe(false);
  expect(isOver).toBe(false);
  expect((await query).rowCount).toBe(1);
  expect(timer.inFlight).toBe(0);
});

it('waits without a limit', async () => {
  const query = pool.query('SELECT pg_sleep(1)');
  expect(await isUnderWay()).toBe(true);
  expect(await timer.drain(Infinity)).toBe(true);
  await query;
});

it('waits through a transaction of several statements', async () => {
  const client = await pool.connect();
  let isCommitted = false;
  const transaction = (async () => {
    for (const text of ['BEGIN', 'SELECT pg_sleep(0.02)', 'SELECT pg_sleep(0.02)', 'COMMIT']) {
      await client.query(text);
    }
    isCommitted = true;
    client.release();
  })();
  expect(await timer.drain(60_000)).toBe(true);
  expect(isCommitted).toBe(true);
  await transaction;
  expect(timer.getStats().queries).toBe(4);
});

it('gives up at its limit while one short query follows another', async () => {
  const stop = new AbortController();
  const load = (async () => {
    const client = await pool.connect();
    while (!stop.signal.aborted) {
      await client.query('SELECT 1');
    }
    client.release();
  })();
  expect(await isUnderWay()).toBe(true);
  expect(await timer.drain(50)).toBe(false);
  stop.abort();
  await load;
});

it('is asked by several at once', async () => {
  const query = pool.query('SELECT pg_sleep(1)');
  expect(await isUnderWay()).toBe(true);
  expect(await Promise.all([timer.drain(60_000), timer.drain(1), timer.drain(60_000)])).toEqual([
    true,
    false,
    true,
  ]);
  await query;
});
