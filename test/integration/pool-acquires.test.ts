import type { EventEmitter } from 'node:events';
import { Client, type ClientBase, Pool, type PoolClient, type PoolConfig } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort, LOCAL_HOST } from '../../sample/src/common/free-port.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import {
  type PostgresOptions,
  ServerView,
  TYPEORM_VERSIONS,
  uniqueApplicationName,
  until,
  WatchedDatabases,
} from '../support/watched-database.js';

let server: ControlledPostgres;
let view: ServerView;

beforeAll(async () => {
  server = await ControlledPostgres.start();
  view = await ServerView.open(server.url);
});

afterAll(async () => {
  await view.close();
  await server.stop();
});

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
}, 180_000);

async function watchedPool(options: PoolConfig = {}) {
  const name = uniqueApplicationName();
  const pool = new Pool({
    connectionString: server.url,
    application_name: name,
    idleTimeoutMillis: 0,
    ...options,
  });
  pool.on('error', () => {});
  closing.push(async () => pool.ending || (await pool.end()));
  const watched = await WatchedDatabases.of([pool]);
  closing.push(watched.close);
  return { pool, name, watched };
}

describe('an acquire', () => {
  it('is "created" when a connection was opened for it, and "idle" when one was there', async () => {
    const { pool, watched } = await watchedPool();
    (await pool.connect()).release();
    expect(await watched.acquires()).toEqual({ created: 1 });
    (await pool.connect()).release();
    await pool.query('SELECT 1');
    expect(await watched.acquires()).toEqual({ created: 1, idle: 2 });
    await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
    expect(await watched.acquires()).toEqual({ created: 2, idle: 3 });
    expect(await watched.connections()).toEqual({ created: 2, closed: 0, left: 2 });
  });

  it('is the same in the form with a callback, which gets what it ever got', async () => {
    const { pool, watched } = await watchedPool();
    const got = await new Promise<unknown[]>((resolve) => {
      pool.connect((...args) => resolve(args));
    });
    const [error, client, release] = got as [unknown, PoolClient, () => void];
    expect([error, client.release, typeof release]).toEqual([undefined, release, 'function']);
    release();
    expect(await watched.acquires()).toEqual({ created: 1 });
  });

  it('is "waited" when the pool was at its limit, and lasts until it has its connection', async () => {
    const { pool, watched } = await watchedPool({ max: 1 });
    const first = await pool.connect();
    const others = [1, 2].map(() => pool.query('SELECT pg_sleep(0.1)'));
    expect((await watched.gauges()).waiting).toBe(2);
    first.release();
    await Promise.all(others);
    expect(await watched.acquires()).toEqual({ created: 1, waited: 2 });
    const read = await watched.scrape();
    expect(read('db_pool_acquire_duration_seconds_sum', { result: 'waited' })).toBeGreaterThan(0.1);
  });

  it('is "timeout" when the time limit of an exhausted pool is over', async () => {
    const { pool, watched } = await watchedPool({ max: 1, connectionTimeoutMillis: 2_000 });
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toThrow('timeout exceeded when trying to connect');
    client.release();
    expect(await watched.acquires()).toEqual({ created: 1, timeout: 1 });
    const read = await watched.scrape();
    const sum = read('db_pool_acquire_duration_seconds_sum', { result: 'timeout' });
    expect(sum).toBeGreaterThan(1.9);
    expect(await watched.gauges()).toMatchObject({ inUse: 0, waiting: 0, idle: 1 });
  });

  it('is "timeout" when the time limit is over while a connection is opened', async () => {
    const hole = await FaultyNetwork.to(server.port);
    closing.push(() => hole.close());
    hole.blackHole();
    const url = new URL(server.url);
    url.port = String(hole.port);
    const { pool, watched } = await watchedPool({ connectionString: url.href, connectionTimeoutMillis: 100 });
    await expect(pool.query('SELECT 1')).rejects.toThrow('timeout');
    expect(await watched.acquires()).toEqual({ timeout: 1 });
    expect(await watched.connections()).toEqual({ created: 0, closed: 0, left: 0 });
  });

  it('is "error" when the server is not there, refuses, or the pool has ended', async () => {
    const url = new URL(server.url);
    url.port = String(await findFreePort());
    const { pool, watched } = await watchedPool({ connectionString: url.href });
    await expect(pool.query('SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await expect(pool.connect()).rejects.toThrow('ECONNREFUSED');
    expect(await watched.acquires()).toEqual({ error: 2 });

    url.port = String(server.port);
    url.password = 'wrong';
    const refused = await watchedPool({ connectionString: url.href });
    await expect(refused.pool.query('SELECT 1')).rejects.toThrow('password authentication failed');
    expect(await refused.watched.acquires()).toEqual({ error: 1 });
    await refused.pool.end();
    await expect(refused.pool.connect()).rejects.toThrow('Cannot use a pool after calling end');
    expect(await refused.watched.acquires()).toEqual({ error: 2 });
  });

  it('is no "timeout" when something else timed out on the way', async () => {
    const onConnect = (client: ClientBase) => client.query('SET statement_timeout = 1; SELECT pg_sleep(1)');
    // Its type says that nothing is waited for; the pool waits.
    const { pool, watched } = await watchedPool({ onConnect: onConnect as (client: ClientBase) => unknown });
    await expect(pool.connect()).rejects.toThrow('statement timeout');
    expect(await watched.acquires()).toEqual({ error: 1 });
    expect(await watched.connections()).toMatchObject({ created: 0, left: 0 });
  });

  it.each(TYPEORM_VERSIONS)('is counted for each that TypeORM %s makes', async (_version, DataSourceOf) => {
    const dataSource = new DataSourceOf({
      type: 'postgres',
      url: server.url,
      poolSize: 1,
      connectTimeoutMS: 2_000,
    } satisfies PostgresOptions);
    const watched = await WatchedDatabases.of([dataSource]);
    closing.push(watched.close);
    await dataSource.initialize();
    closing.push(() => dataSource.destroy());
    const { idle: before = 0, ...others } = await watched.acquires();
    expect(others).toEqual({});
    await dataSource.query('SELECT 1');
    const runner = dataSource.createQueryRunner();
    await runner.query('SELECT 1');
    await runner.query('SELECT 1');
    await expect(dataSource.query('SELECT 1')).rejects.toThrow('timeout exceeded');
    const waiting = dataSource.query('SELECT 1');
    await runner.release();
    await waiting;
    expect(await watched.acquires()).toEqual({ idle: before + 2, timeout: 1, waited: 1 });
  });
});

describe('connections created less connections closed', () => {
  it('are the open ones while they come and go', async () => {
    const { pool, name, watched } = await watchedPool({ max: 8, idleTimeoutMillis: 30 });
    const work = Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        await pool.query('SELECT pg_sleep($1)', [(index % 7) / 200]).catch(() => {});
      }),
    );
    let isOver = false;
    void work.finally(() => {
      isOver = true;
    });
    await until('the work is done', async () => {
      const read = await watched.scrape();
      expect(
        (read('db_pool_connections_created_total') ?? 0) - (read('db_pool_connections_closed_total') ?? 0),
      ).toBe(read('db_pool_open'));
      return isOver;
    });
    await view.untilOpen(name, 0);
    await until('all are closed', async () => (await watched.connections()).left === 0);
  });

  it('are none after every backend was terminated', async () => {
    const { pool, name, watched } = await watchedPool();
    const held = await pool.connect();
    held.on('error', () => {});
    await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
    const running = Promise.allSettled([
      pool.query('SELECT pg_sleep(10)'),
      held.query('SELECT pg_sleep(10)'),
    ]);
    await view.untilActive(name, 2);
    expect(await watched.connections()).toMatchObject({ left: (await view.connections(name)).open });
    await view.terminate(name);
    const ends = await running;
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    held.release();
    await until('all are closed', async () => (await watched.connections()).left === 0);
    expect(await watched.gauges()).toMatchObject({ inUse: 0, pinned: 0, open: 0, idle: 0 });
  });
});

describe('faults of a pool', () => {
  it('change nothing that another library does with connect()', async () => {
    const { pool, watched } = await watchedPool();
    const ours = pool.connect;
    let calls = 0;
    pool.connect = function wrapped(this: Pool, ...args: unknown[]) {
      calls += 1;
      return (ours as (...given: unknown[]) => unknown).apply(this, args);
    } as typeof pool.connect;
    await pool.query('SELECT 1');
    expect(await watched.acquires()).toEqual({ created: 1 });
    const theirs = pool.connect;
    await watched.close();
    expect(pool.connect).toBe(theirs);
    await pool.query('SELECT 1');
    expect(calls).toBe(2);
    const again = await WatchedDatabases.of([pool]);
    await pool.query('SELECT 1');
    expect(await again.acquires()).toEqual({ idle: 1 });
    await again.close();
  });

  it('leave gauges right when another library takes its wrapper out, and ours with it', async () => {
    const { pool, watched } = await watchedPool();
    delete (pool as Partial<Pool>).connect;
    const client = await pool.connect();
    expect(await watched.gauges()).toMatchObject({ inUse: 1, pinned: 1, open: 1 });
    client.release();
    expect(await watched.gauges()).toMatchObject({ inUse: 0, pinned: 0, open: 1 });
  });

  it('are absent and counted where they cannot be read', async () => {
    const { pool, watched } = await watchedPool();
    Object.defineProperty(pool, 'idleCount', {
      get() {
        throw new Error('not today');
      },
    });
    const read = await watched.scrape();
    expect(read('db_pool_total')).toBeUndefined();
    expect(
      (await watched.scrape())('metrics_collector_errors_total', { collector: 'db_pool' }),
    ).toBeGreaterThan(0);
  });

  it('go nowhere: a client of another class, a password that is a function', async () => {
    const { hostname, port, username, password, pathname } = new URL(server.url);
    class OwnClient extends Client {}
    const { pool, watched } = await watchedPool({
      connectionString: undefined,
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password: () => Promise.resolve(password),
      Client: OwnClient,
    });
    const client = await pool.connect();
    expect(client).toBeInstanceOf(OwnClient);
    expect(await watched.gauges()).toMatchObject({ inUse: 1, pinned: 1, open: 1 });
    client.release();
    expect(hostname).toBe(LOCAL_HOST);
  });

  it('leave nothing of ours on a pool that is not watched any more', async () => {
    const { pool, watched } = await watchedPool();
    const bare = (emitter: Pool | PoolClient) => ({
      own: Object.keys(emitter).filter((key) => key === 'query' || key === 'connect'),
      events: emitter.eventNames().map((event) => [event, emitter.listenerCount(event)]),
    });
    const fresh = new Pool({ connectionString: server.url });
    fresh.on('error', () => {});
    const freshClient = await fresh.connect();
    const expected = { pool: bare(fresh), client: bare(freshClient) };
    freshClient.release();
    await fresh.end();
    const client = await pool.connect();
    await client.query('SELECT 1');
    expect(bare(pool)).not.toEqual(expected.pool);
    await watched.close();
    expect({ pool: bare(pool), client: bare(client) }).toEqual(expected);
    client.release();
  });

  it('leave no listener on the connections of a pg that does not tell the state of transactions', async () => {
    class OlderClient extends Client {}
    Object.defineProperty(OlderClient.prototype, 'getTransactionStatus', { value: undefined });
    const { pool, watched } = await watchedPool({ Client: OlderClient });
    const client = (await pool.connect()) as PoolClient & { readonly connection: EventEmitter };
    const listeners = () => client.connection.listenerCount('readyForQuery');
    const watching = listeners();
    await watched.close();
    expect(listeners()).toBe(watching - 1);
    for (let time = 0; time < 3; time += 1) {
      const again = await WatchedDatabases.of([pool]);
      expect(listeners()).toBe(watching);
      await again.close();
    }
    expect(listeners()).toBe(watching - 1);
    client.release();
  });
});
