import 'reflect-metadata';
import type { EventEmitter } from 'node:events';
import type pg from 'pg';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import type { PgPool } from '../../src/database/pg/pg.interface.js';
import { PoolHook } from '../../src/database/pg/pool-hook.js';
import { HyperMetricsModule, QueryTimer } from '../../src/index.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: pg.Pool;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  pool = openPool(server.url, { idleTimeoutMillis: 0 });
  await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
});
afterEach(() => pool.end());

type Query = (...args: unknown[]) => unknown;
type WithQuery = { query: Query };
type WithConnect = { connect: Query };

const clientsOf = (of: pg.Pool): (EventEmitter & WithQuery & { connection: EventEmitter })[] =>
  (of as unknown as { _clients: (EventEmitter & WithQuery & { connection: EventEmitter })[] })._clients;

const listenersOf = (emitter: EventEmitter): Record<string, number> =>
  Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));

/** Everything of a pool and its clients that a hook could leave. */
const tracesIn = (of: pg.Pool) => ({
  pool: { own: Object.keys(of).filter((key) => key === 'connect' || key === 'query'), on: listenersOf(of) },
  clients: clientsOf(of).map((client) => ({
    own: Object.keys(client).filter((key) => key === 'query'),
    on: listenersOf(client),
    onConnection: listenersOf(client.connection),
  })),
});

/** Another library that wraps a method; `blind` unwraps without asking what is there. */
function wrap<K extends string>(object: Record<K, Query>, name: K) {
  const original = object[name];
  const calls = { count: 0 };
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    calls.count += 1;
    return original.apply(this, args);
  };
  object[name] = wrapper;
  return {
    calls,
    unwrap: (): void => void (object[name] = original),
    delete: (): void => void delete (object as Partial<Record<K, Query>>)[name],
  };
}

/** The idle client that the pool hands out next. */
const nextClient = (): WithQuery =>
  (pool as unknown as { _idle: { client: WithQuery }[] })._idle.at(-1)!.client;

describe('a timer that is uninstalled', () => {
  it('leaves nothing on the pool, its clients and their connections', async () => {
    const before = tracesIn(pool);
    const { timer } = timeQueries(pool);
    expect(tracesIn(pool)).not.toEqual(before);
    await pool.query('SELECT 1');
    timer.uninstall();
    expect(tracesIn(pool)).toEqual(before);
    timer.uninstall();
    expect(tracesIn(pool)).toEqual(before);
  });

  it('leaves nothing on a client that is handed out only then', async () => {
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const { timer } = timeQueries(pool);
    const waiting = [pool.connect(), pool.query('SELECT 2')] as const;
    timer.uninstall();
    held.forEach((client) => client.release());
    const client = await waiting[0];
    expect(Object.hasOwn(client, 'query')).toBe(false);
    client.release();
    await waiting[1];
    expect(Object.keys(pool)).not.toContain('connect');
    expect(clientsOf(pool).map((one) => Object.hasOwn(one, 'query'))).toEqual([false, false]);
    expect(timer.getStats()).toMatchObject({ queries: 0, inFlight: 0 });
  });

  it('has the queries counted that are under way', async () => {
    const { timer } = timeQueries(pool);
    const others = [pool.query('SELECT pg_sleep(0.05)'), pool.query('SELECT pg_sleep(0.05)')];
    expect(await poll(() => timer.inFlight === 2, { timeoutMs: 60_000, intervalMs: 1 })).toBe(true);
    timer.uninstall();
    await Promise.all(others);
    await pool.query('SELECT 1');
    expect(timer.getStats()).toMatchObject({ queries: 2, inFlight: 0 });
  });
});

describe('install()', () => {
  it('twice counts once, and once again after uninstall()', async () => {
    const { timer, counted } = timeQueries(pool);
    timer.install().install();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(1);
    timer.uninstall();
    await pool.query('SELECT 1');
    timer.install();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(2);
    expect((await counted()).operations).toEqual({ select: 2 });
  });

  it('counts the statements of clients that are checked out', async () => {
    const client = await pool.connect();
    const { timer } = timeQueries(pool);
    await client.query('SELECT 1');
    client.release();
    expect(timer.getStats().queries).toBe(1);
  });

  it('of a timer with the same pool twice counts once', async () => {
    const { timer } = timeQueries([pool, pool]);
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(1);
  });
});

describe.each([
  ['in order', [0, 1]],
  ['in reverse', [1, 0]],
])('two timers on one pool, uninstalled %s', (_order, order) => {
  it('each count every query while they are installed', async () => {
    const before = tracesIn(pool);
    const timers = [new QueryTimer(pool).install(), new QueryTimer(pool).install()];
    await pool.query('SELECT 1');
    timers[order[0]!]!.uninstall();
    await pool.query('SELECT 1');
    timers[order[1]!]!.uninstall();
    await pool.query('SELECT 1');
    expect(order.map((index) => timers[index]!.getStats().queries)).toEqual([1, 2]);
    expect(tracesIn(pool)).toEqual(before);
  });
});

it('counts on beside a Nest application that comes and goes', async () => {
  const before = tracesIn(pool);
  const own = timeQueries(pool);
  // A check of the server that the end interrupts would close its connection.
  const options = { registry: new Registry(), dataSources: [pool], healthChecker: false };
  @Module({ imports: [HyperMetricsModule.forRoot(options)] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: ['error'] });
  await pool.query('SELECT 1');
  expect(app.get(QueryTimer).getStats().queries).toBe(1);
  expect(own.timer.getStats().queries).toBe(1);
  await app.close();
  await pool.query('SELECT 1');
  expect(own.timer.getStats().queries).toBe(2);
  own.timer.uninstall();
  expect(tracesIn(pool)).toEqual(before);
});

describe('another library that wraps client.query', () => {
  it.each(['unwrap', 'delete'] as const)(
    'before us keeps its wrapper until it unwraps after us (%s)',
    async (how) => {
      const client = nextClient();
      const other = wrap(client, 'query');
      const timer = new QueryTimer(pool).install();
      await pool.query('SELECT 1');
      timer.uninstall();
      expect(other.calls.count).toBe(1);
      await pool.query('SELECT 1');
      expect(other.calls.count).toBe(2);
      expect(timer.getStats().queries).toBe(1);
      other[how]();
      expect(clientsOf(pool).filter((one) => one.query !== Object.getPrototypeOf(one).query)).toEqual([]);
    },
  );

  it('before us and unwraps before us takes ours out; install() puts it back', async () => {
    const client = nextClient();
    const other = wrap(client, 'query');
    const timer = new QueryTimer(pool).install();
    other.unwrap();
    await pool.query('SELECT 1');
    timer.uninstall();
    timer.install();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(1);
    timer.uninstall();
  });

  it('after us and unwraps before us leaves nothing', async () => {
    const before = tracesIn(pool);
    const timer = new QueryTimer(pool).install();
    const other = wrap(nextClient(), 'query');
    await pool.query('SELECT 1');
    expect(other.calls.count).toBe(1);
    other.unwrap();
    await pool.query('SELECT 1');
    timer.uninstall();
    expect(timer.getStats().queries).toBe(2);
    expect(tracesIn(pool)).toEqual(before);
  });

  it('after us and unwraps after us leaves nothing but one more call', async () => {
    const before = tracesIn(pool);
    const timer = new QueryTimer(pool).install();
    const other = wrap(nextClient(), 'query');
    timer.uninstall();
    await pool.query('SELECT 1');
    expect(other.calls.count).toBe(1);
    other.unwrap();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(0);
    expect(tracesIn(pool)).toEqual(before);
  });

  it('after us sees one call a query however often we come and go, and so do we', async () => {
    const before = tracesIn(pool);
    const timer = new QueryTimer(pool).install();
    const other = wrap(nextClient(), 'query');
    for (let round = 0; round < 3; round += 1) {
      timer.uninstall();
      timer.install();
    }
    await pool.query('SELECT 1');
    expect(other.calls.count).toBe(1);
    expect(timer.getStats().queries).toBe(1);
    other.unwrap();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(2);
    timer.uninstall();
    expect(tracesIn(pool)).toEqual(before);
  });

  it('after us and deletes its wrapper with ours does not keep install() from counting', async () => {
    const timer = new QueryTimer(pool).install();
    clientsOf(pool).forEach((client) => {
      wrap(client, 'query').delete();
    });
    timer.uninstall();
    timer.install();
    await pool.query('SELECT 1');
    expect(timer.getStats().queries).toBe(1);
    timer.uninstall();
  });
});

describe('another library that wraps pool.connect', () => {
  it('before us keeps its wrapper', async () => {
    const other = wrap(pool as unknown as WithConnect, 'connect');
    const timed = timeQueries(pool);
    await pool.query('SELECT 1');
    timed.timer.uninstall();
    await pool.query('SELECT 1');
    expect(other.calls.count).toBe(2);
    other.delete();
  });

  it('after us and unwraps after us leaves nothing but one more call', async () => {
    const before = tracesIn(pool);
    const timed = timeQueries(pool);
    const other = wrap(pool as unknown as WithConnect, 'connect');
    await pool.query('SELECT 1');
    expect(await timed.acquired()).toEqual({ idle: 1 });
    timed.timer.uninstall();
    await pool.query('SELECT 1');
    expect(other.calls.count).toBe(2);
    other.unwrap();
    await pool.query('SELECT 1');
    expect(tracesIn(pool)).toEqual(before);
  });
});

it('hooks nothing where nobody watches, a probe on an idle connection included', async () => {
  const before = tracesIn(pool);
  await PoolHook.of(pool as unknown as PgPool).probe().answered;
  expect(tracesIn(pool)).toEqual(before);
});

it('counts no probe', async () => {
  const { timer } = timeQueries(pool);
  await PoolHook.of(pool as unknown as PgPool).probe().answered;
  expect(timer.getStats().queries).toBe(0);
  timer.uninstall();
});
