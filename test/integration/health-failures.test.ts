import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PoolHealthChecker, type PoolHealthStats } from '../../src/index.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { FaultyNetwork, NeverAcceptingPort } from '../support/faulty-network.js';
import { FatalErrors, footprintOf } from '../support/leak-watch.js';
import { ServerView, uniqueApplicationName, until, WatchedDatabases } from '../support/watched-database.js';

const CHECKS = 50;
const TIMEOUT_MS = 60;

let server: ControlledPostgres;
let fatal: FatalErrors;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await ControlledPostgres.start();
});

afterAll(() => server.stop());

beforeEach(() => {
  fatal = FatalErrors.watch();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
  fatal.stop();
  fatal.throwAny();
}, 180_000);

interface PoolOptions extends PoolConfig {
  /** Where the way to the server begins, if it is a long one. */
  readonly viaPort?: number;
}

function poolOf({ viaPort = server.port, ...options }: PoolOptions = {}) {
  const url = new URL(server.url);
  url.port = String(viaPort);
  const name = uniqueApplicationName();
  const pool = new Pool({
    connectionString: url.href,
    application_name: name,
    idleTimeoutMillis: 0,
    ...options,
  });
  const errors: Error[] = [];
  pool.on('error', (error) => errors.push(error));
  closing.push(async () => pool.ending || (await pool.end()));
  return { pool, name, errors };
}

const checkerOf = (pool: Pool, timeoutMs = TIMEOUT_MS): PoolHealthChecker =>
  new PoolHealthChecker(pool, { timeoutMs });

/** Fifty checks, one after the other. */
async function checkOften(checker: PoolHealthChecker): Promise<readonly PoolHealthStats[]> {
  const found: PoolHealthStats[] = [];
  for (let check = 0; check < CHECKS; check += 1) {
    found.push(await checker.check());
  }
  return found;
}

/** Idle connections, as many as there are to be. */
async function warmUp(pool: Pool, connections: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  clients.forEach((client) => client.release());
}

/** Waits until everything that was given up is gone. */
async function untilAsBefore(pool: Pool, before: ReturnType<typeof footprintOf>): Promise<void> {
  await until('what there was before', () => {
    const now = footprintOf(pool);
    return now.resources['TCPSocketWrap'] === before.resources['TCPSocketWrap'];
  });
  expect(footprintOf(pool)).toEqual(before);
}

/** The time limit of the failing checks is too short for a busy machine to be sure of: the first one has the usual. */
async function expectRecovery(pool: Pool, checker: PoolHealthChecker): Promise<void> {
  expect(await new PoolHealthChecker(pool).check()).toMatchObject({ healthy: true, failures: 0 });
  await until('it is healthy', async () => (await checker.check()).healthy === true);
  expect((await pool.query('SELECT 1')).rowCount).toBe(1);
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe(`${CHECKS} checks`, () => {
  it('of an exhausted pool are healthy, and take nothing from those who wait', async () => {
    const { pool, name } = poolOf({ max: 2 });
    const view = await ServerView.open(server.url);
    closing.push(() => view.close());
    const watched = await WatchedDatabases.of([pool]);
    closing.push(watched.close);
    const held = [await pool.connect(), await pool.connect()];
    const served: number[] = [];
    const waiting = [1, 2, 3].map((number) =>
      pool.connect().then((client) => {
        served.push(number);
        return client;
      }),
    );
    await settled();
    const before = footprintOf(pool);
    const queriesBefore = (await watched.scrape())('db_query_duration_ms_total');
    expect(before).toMatchObject({ total: 2, idle: 0, waiting: 3 });

    const checker = checkerOf(pool, 5000);
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === true)).toBe(true);
    expect(checker.getStats()).toMatchObject({ healthy: true, checks: CHECKS, failures: 0 });
    await view.untilOpen(name, 2);
    await untilAsBefore(pool, before);
    expect(served).toEqual([]);
    expect(await watched.acquires()).toEqual({ created: 2 });
    expect((await watched.scrape())('db_query_duration_ms_total')).toBe(queriesBefore);

    for (const client of held) {
      client.release();
    }
    for (const next of waiting) {
      (await next).release();
    }
    expect(served).toEqual([1, 2, 3]);
  });

  it.each([0, 1, 4])('of a healthy pool with %i idle connections leave them as they were', async (idle) => {
    const { pool, name } = poolOf();
    const view = await ServerView.open(server.url);
    closing.push(() => view.close());
    const watched = await WatchedDatabases.of([pool]);
    closing.push(watched.close);
    await warmUp(pool, idle);
    await settled();
    const before = footprintOf(pool);
    const acquiresBefore = await watched.acquires();
    const checker = checkerOf(pool, 5000);
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === true)).toBe(true);
    await view.untilOpen(name, idle);
    await untilAsBefore(pool, before);
    expect(await watched.acquires()).toEqual(acquiresBefore);
    expect((await watched.scrape())('db_query_duration_ms_total')).toBe(0);
    expect(await watched.gauges()).toMatchObject({ inUse: 0, pinned: 0, open: idle, idle });
  });

  it('of a stopped server fail with its code and leave nothing; the first one after its return is healthy', async () => {
    const { pool } = poolOf();
    const checker = checkerOf(pool);
    await warmUp(pool, 3);
    await server.shutDown();
    await until('the pool knows', () => pool.totalCount === 0);
    await settled();
    const before = footprintOf(pool);
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === false)).toBe(true);
    expect(checker.getStats()).toMatchObject({
      checks: CHECKS,
      failures: CHECKS,
      lastFailure: 'ECONNREFUSED',
    });
    await untilAsBefore(pool, before);
    await server.startAgain();
    await expectRecovery(pool, checker);
  });

  it.each([1, 3])(
    'of a frozen server (with %i idle connections) time out and leave nothing; the first one after it is healthy',
    async (idle) => {
      const { pool, name, errors } = poolOf();
      const checker = checkerOf(pool);
      await warmUp(pool, idle);
      await settled();
      const before = footprintOf(pool);
      await server.freeze();
      try {
        const found = await checkOften(checker);
        expect(found.every(({ healthy }) => healthy === false)).toBe(true);
        expect(checker.getStats()).toMatchObject({ failures: CHECKS, lastFailure: 'timeout' });
        // A connection on which the server kept silent is given up, all but the last of them.
        const left = Math.min(idle, 1);
        await until('only those are left', () => {
          const { total, idle: idleNow, waiting } = footprintOf(pool);
          return total === left && idleNow === left && waiting === 0;
        });
        await untilAsBefore(pool, {
          ...before,
          total: left,
          idle: left,
          clientListeners: before.clientListeners.slice(0, left),
          resources: {
            ...before.resources,
            TCPSocketWrap: (before.resources['TCPSocketWrap'] ?? 0) - (idle - left),
          },
        });
      } finally {
        server.thaw();
      }
      await expectRecovery(pool, checker);
      expect(errors).toEqual([]);
      const view = await ServerView.open(server.url);
      await view.untilOpen(name, pool.totalCount);
      await view.close();
    },
  );

  it('of a network that swallows everything time out and leave nothing; the first one after it is healthy', async () => {
    const network = await FaultyNetwork.to(server.port);
    closing.push(() => network.close());
    const { pool, errors } = poolOf({ viaPort: network.port });
    const checker = checkerOf(pool);
    await warmUp(pool, 1);
    await settled();
    const before = footprintOf(pool);
    network.blackHole();
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === false)).toBe(true);
    expect(checker.getStats()).toMatchObject({ failures: CHECKS, lastFailure: 'timeout' });
    await until('every probe has gone', () => network.openConnections === 1);
    await untilAsBefore(pool, before);
    network.heal();
    expect(errors).toEqual([]);
    expect(await new PoolHealthChecker(pool).check()).toMatchObject({ healthy: true });
  });

  it('on a network that closes no connection leave no end of theirs open', async () => {
    const network = await FaultyNetwork.to(server.port);
    closing.push(() => network.close());
    network.keepOpen();
    const { pool } = poolOf({ viaPort: network.port });
    const checker = checkerOf(pool, 5000);
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === true)).toBe(true);
    expect(network.openConnections).toBe(CHECKS);
    await until('every other end is closed', () => {
      network.nudge();
      return network.openConnections === 0;
    });
  });

  it('of a port that accepts no connection time out and leave nothing', async () => {
    const port = await NeverAcceptingPort.open();
    closing.push(() => port.close());
    const { pool } = poolOf({ viaPort: port.port });
    const checker = checkerOf(pool);
    const before = footprintOf(pool);
    const found = await checkOften(checker);
    expect(found.every(({ healthy }) => healthy === false)).toBe(true);
    expect(checker.getStats()).toMatchObject({ failures: CHECKS, lastFailure: 'timeout' });
    await untilAsBefore(pool, before);
  });
});

describe('a check', () => {
  it('of a pool whose idle connections are all broken asks on a new one, and is healthy', async () => {
    const network = await FaultyNetwork.to(server.port);
    closing.push(() => network.close());
    const { pool } = poolOf({ viaPort: network.port });
    await warmUp(pool, 3);
    network.cutOff();
    // In the same turn: the pool has not noticed.
    expect(pool.idleCount).toBe(3);
    expect(await checkerOf(pool, 5000).check()).toMatchObject({ healthy: true, failures: 0 });
  });

  it('never hands a connection that is ending to somebody who cannot know it yet', async () => {
    const network = await FaultyNetwork.to(server.port);
    closing.push(() => network.close());
    const { pool, errors } = poolOf({ viaPort: network.port, max: 2 });
    await warmUp(pool, 2);
    network.endAfterAnswer();
    const check = checkerOf(pool, 5000).check();
    // The second gets what the check gives back.
    const [held, next] = await Promise.all([pool.connect(), pool.connect()]);
    expect(await check).toMatchObject({ healthy: true });
    expect((await next.query('SELECT 1')).rowCount).toBe(1);
    held.release();
    next.release();
    expect(errors).toEqual([]);
  });

  it.each([
    ['a wrong password', { password: 'top-secret' }, '28P01'],
    ['a wrong database', { database: 'nowhere' }, '3D000'],
    ['a password that is no string', { password: () => 5 as unknown as string }, 'error'],
    [
      'a password that cannot be had',
      { password: () => Promise.reject(new Error('vault at vault.internal refused postgres')) },
      'error',
    ],
  ])('names %s by a code, and tells nothing secret', async (_what, wrong, code) => {
    const { hostname, port, username, password, pathname } = new URL(server.url);
    const { pool } = poolOf({
      connectionString: undefined,
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password,
      ...wrong,
    });
    const checker = new PoolHealthChecker(pool, { timeoutMs: 2000 });
    const result = await checker.isHealthy('database');
    expect(result).toEqual({ database: { status: 'down', reason: code } });
    expect(checker.getStats()).toMatchObject({ healthy: false, checks: 1, failures: 1, lastFailure: code });
  });

  it('with a password that is a function is healthy', async () => {
    const { hostname, port, username, password, pathname } = new URL(server.url);
    const { pool } = poolOf({
      connectionString: undefined,
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password: () => Promise.resolve(password),
    });
    expect(await new PoolHealthChecker(pool).isHealthy()).toEqual({ database: { status: 'up' } });
  });

  it('of a pool with a client that cannot be made fails, and changes nothing', async () => {
    let refuse = false;
    class Moody extends Client {
      constructor(options?: ClientConfig) {
        super(options);
        if (refuse) {
          throw new Error('not today');
        }
      }
    }
    const { pool } = poolOf({ Client: Moody });
    await warmUp(pool, 1);
    refuse = true;
    expect(await checkerOf(pool).check()).toMatchObject({ healthy: false, lastFailure: 'error' });
    expect((await pool.query('SELECT 1')).rowCount).toBe(1);
  });
});
