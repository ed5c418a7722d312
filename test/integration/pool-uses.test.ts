import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool, type PoolConfig } from 'pg';
import { Registry } from 'prom-client';
import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
  PoolTracker,
} from '../../src/index.js';
import { lineAt } from '../support/line-at.js';
import { LogLines } from '../support/log-lines.js';
import { openPool } from '../support/open-pool.js';
import { type RunningApplication, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import {
  type PostgresOptions,
  TYPEORM_VERSIONS,
  uniqueApplicationName,
  until,
  WatchedDatabases,
} from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let observer: Pool;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startPostgres();
  observer = openPool(server.url);
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
}, 60_000);

afterAll(async () => {
  await observer.end();
  await server.stop();
});

function poolOf(options: PoolConfig = {}): Pool {
  const pool = openPool(server.url, { max: 5, ...options });
  closing.push(async () => pool.ending || (await pool.end()));
  return pool;
}

/** The backend processes of an application that hold a transaction open. */
async function processesInTransaction(applicationName: string): Promise<readonly number[]> {
  const { rows } = await observer.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state LIKE 'idle in transaction%'",
    [applicationName],
  );
  return rows.map(({ pid }) => pid).toSorted(ascending);
}

function ascending(one: number | undefined, other: number | undefined): number {
  return Number(one) - Number(other);
}

describe('a use of a connection', () => {
  async function watch(pool: Pool, options: Omit<HyperMetricsOptions, 'registry' | 'dataSources'> = {}) {
    const watched = await WatchedDatabases.of([pool], options);
    closing.push(watched.close);
    const uses = async () => {
      const read = await watched.scrape();
      return {
        count: read('db_pool_use_duration_seconds_count'),
        sum: read('db_pool_use_duration_seconds_sum') ?? Number.NaN,
      };
    };
    return { watched, uses };
  }

  it('is recorded once when it ends, in each form', async () => {
    const pool = poolOf();
    const { uses } = await watch(pool);
    expect(await uses()).toEqual({ count: 0, sum: 0 });
    await pool.query('SELECT 1');
    await expect(pool.query('SELEC')).rejects.toThrow('syntax error');
    const client = await pool.connect();
    expect(await uses()).toMatchObject({ count: 2 });
    client.release();
    expect(() => client.release()).toThrow('already been released');
    await new Promise<void>((resolve) => {
      pool.connect((_error, _client, release) => {
        release();
        resolve();
      });
    });
    (await pool.connect()).release(true);
    (await pool.connect()).release(new Error('broken'));
    expect(await uses()).toMatchObject({ count: 6 });
  });

  it('lasts from the checkout to the release, without the wait before', async () => {
    const pool = poolOf({ max: 1 });
    const { uses } = await watch(pool);
    const startedAt = performance.now();
    const held = await pool.connect();
    const waiting = pool.connect();
    await delay(300);
    held.release();
    (await waiting).release();
    const { count, sum } = await uses();
    expect(count).toBe(2);
    expect(sum).toBeGreaterThan(0.29);
    // With the wait it would be twice as long.
    expect(sum).toBeLessThan((1.5 * (performance.now() - startedAt)) / 1000);
  });

  it('is not recorded when no connection was got, for health checks, and for the pool’s own upkeep', async () => {
    const pool = poolOf({ max: 2, connectionTimeoutMillis: 500, maxLifetimeSeconds: 1 });
    const { watched, uses } = await watch(pool);
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    await expect(pool.connect()).rejects.toThrow('timeout');
    clients.forEach((client) => client.release());
    expect(await watched.checker.check()).toMatchObject({ healthy: true });
    // Idle connections whose lifetime is over are taken out by the pool's own checkout.
    await until('they are closed', () => pool.totalCount === 0);
    expect(await uses()).toMatchObject({ count: 2 });
    expect(watched.tracker.getStats().held).toEqual([]);
  });

  it('that began before the pool was watched is listed, and not recorded', async () => {
    const pool = poolOf();
    const client = await pool.connect();
    const { watched, uses } = await watch(pool);
    expect(watched.tracker.getStats().held).toMatchObject([
      { beganEarlier: true, location: undefined, route: undefined, processId: expect.any(Number) },
    ]);
    client.release();
    expect(watched.tracker.getStats().held).toEqual([]);
    await pool.query('SELECT 1');
    expect(await uses()).toMatchObject({ count: 1 });
  });

  it('goes on when the hook is taken out and put in again, and is not recorded then', async () => {
    const pool = poolOf();
    const first = await watch(pool);
    const [kept, released] = await Promise.all([pool.connect(), pool.connect()]);
    await first.watched.close();
    released.release();
    const { watched, uses } = await watch(pool);
    expect(watched.tracker.getStats().held).toMatchObject([{ beganEarlier: true }]);
    kept.release();
    expect(watched.tracker.getStats().held).toEqual([]);
    expect(await uses()).toMatchObject({ count: 0 });
  });

  it('ends with the pool, whose end waits for it', async () => {
    const pool = poolOf();
    const { watched, uses } = await watch(pool);
    const client = await pool.connect();
    const ended = pool.end();
    expect(watched.tracker.getStats().held).toHaveLength(1);
    client.release();
    await ended;
    expect(watched.tracker.getStats().held).toEqual([]);
    expect(await uses()).toMatchObject({ count: 1 });
  });

  it('ends when the pool removes a connection that is checked out', async () => {
    const pool = poolOf();
    const { watched, uses } = await watch(pool);
    const client = await pool.connect();
    (pool as unknown as { _remove(removed: unknown): void })._remove(client);
    await until('it is removed', () => watched.tracker.getStats().held.length === 0);
    client.release(true);
    expect(await uses()).toMatchObject({ count: 1 });
  });

  it('has no entry with pools: false', async () => {
    const pool = poolOf();
    const { watched, uses } = await watch(pool, { pools: false });
    const client = await pool.connect();
    expect(watched.tracker.getStats()).toEqual({ leaksSuspected: 0, held: [] });
    client.release();
    expect(await uses()).toEqual({ count: undefined, sum: Number.NaN });
  });

  it.each(TYPEORM_VERSIONS)(
    'is listed as the server sees its holder, with TypeORM %s',
    async (_version, DataSourceOf) => {
      const applicationName = uniqueApplicationName();
      const dataSource = await new DataSourceOf({
        type: 'postgres',
        url: server.url,
        applicationName,
        poolSize: 5,
      } satisfies PostgresOptions).initialize();
      closing.push(() => dataSource.destroy());
      const watched = await WatchedDatabases.of([dataSource]);
      closing.push(watched.close);
      const runners = await Promise.all(
        [1, 2, 3].map(async () => {
          const runner = dataSource.createQueryRunner();
          await runner.startTransaction();
          return runner;
        }),
      );
      const { held } = watched.tracker.getStats();
      expect(held.map(({ processId }) => processId).toSorted(ascending)).toEqual(
        await processesInTransaction(applicationName),
      );
      expect(held).toHaveLength(3);
      await dataSource.query('SELECT 1');
      await dataSource.transaction((manager) => manager.query('SELECT 1'));
      for (const runner of runners) {
        await runner.rollbackTransaction();
        await runner.release();
      }
      expect(watched.tracker.getStats().held).toEqual([]);
      expect((await watched.scrape())('db_pool_use_duration_seconds_count')).toBe(5);
    },
  );
});

describe('a suspected leak', () => {
  const THRESHOLD_MS = 500;
  const log = new LogLines();

  afterEach(() => {
    log.lines.length = 0;
  });

  const warnings = (): readonly string[] => log.lines.filter((line) => /connection leak/.test(line));

  async function start(
    databases: HyperMetricsOptions['dataSources'],
    leakThresholdMs: number | undefined = THRESHOLD_MS,
  ) {
    const app = await NestFactory.createApplicationContext(
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        dataSources: databases,
        pools: { leakThresholdMs },
        healthChecker: false,
        runtimeMetrics: false,
      }),
      { logger: log },
    );
    closing.push(() => app.close());
    return app;
  }

  const suspected = (app: INestApplicationContext): Promise<number | undefined> =>
    app.get(MetricsService).getValue('hyperdjango_db_pool_leaks_suspected_total');

  it.each(TYPEORM_VERSIONS)(
    'is a query runner of TypeORM %s that is not released: named once, and withdrawn at its release',
    async (_version, DataSourceOf) => {
      const dataSource: DataSource = await new DataSourceOf({
        type: 'postgres',
        url: server.url,
        poolSize: 2,
      } satisfies PostgresOptions).initialize();
      closing.push(() => dataSource.destroy());
      let leaked: QueryRunner | undefined;

      @Controller()
      class LeakingController {
        @Get('books/:id')
        async leak(): Promise<string> {
          leaked = dataSource.createQueryRunner();
          await leaked.query('SELECT 1'); // place of the leak
          await dataSource.query('SELECT 1');
          return 'answered';
        }
      }
      @Module({
        imports: [
          HyperMetricsModule.forRoot({
            registry: new Registry(),
            dataSources: [dataSource],
            pools: { leakThresholdMs: THRESHOLD_MS },
            healthChecker: false,
            runtimeMetrics: false,
          }),
        ],
        controllers: [LeakingController],
      })
      class LeakingModule {}
      const application: RunningApplication = await startApplication('express', LeakingModule, undefined, {
        logger: log,
      });
      closing.push(() => application.close());
      const tracker = application.app.get(PoolTracker);
      expect(await suspected(application.app)).toBe(0);
      expect(await (await fetch(`${application.url}/books/1`)).text()).toBe('answered');
      expect(tracker.getStats()).toMatchObject({ leaksSuspected: 0, held: [{ isLeakSuspected: false }] });

      await until('it is suspected', () => tracker.getStats().leaksSuspected === 1);
      const place = /test\/integration\/pool-uses\.test\.ts:\d+:\d+/;
      const askedAt = Date.now();
      const [held] = tracker.getStats().held;
      const answeredAt = Date.now();
      expect(held).toMatchObject({
        route: '/books/:id',
        method: 'GET',
        beganEarlier: false,
        isLeakSuspected: true,
        location: expect.stringMatching(place),
      });
      expect(lineAt(held?.location)).toContain('// place of the leak');
      expect(held?.heldMs).toBeGreaterThanOrEqual(THRESHOLD_MS);
      // A Date has whole milliseconds.
      const statedNow = Number(held?.since) + (held?.heldMs ?? 0);
      expect(statedNow).toBeGreaterThan(askedAt - 2);
      expect(statedNow).toBeLessThan(answeredAt + 2);
      const warning = new RegExp(
        String.raw`^Suspected connection leak: GET /books/:id has held a database connection for \d+\.\d s, since \S+Z \(backend process ${held?.processId}\)\n` +
          String.raw`  requested at ${held?.location}\. Release it in a finally block, or raise pools\.leakThresholdMs \(${THRESHOLD_MS}\) above your longest use\.$`,
      );
      expect(warnings()).toEqual([expect.stringMatching(warning)]);

      await delay(2 * THRESHOLD_MS);
      expect(warnings()).toHaveLength(1);
      await leaked?.release();
      const lines = warnings();
      expect(lines).toHaveLength(2);
      expect(lines[1]).toMatch(
        new RegExp(
          String.raw`^No connection leak: GET /books/:id has released its database connection after \d+\.\d s \(backend process ${held?.processId}\), requested at ${held?.location}\.$`,
        ),
      );
      expect(tracker.getStats()).toEqual({ leaksSuspected: 1, held: [] });
      expect(await suspected(application.app)).toBe(1);
    },
  );

  it('is no use that ends in time, and no idle connection', async () => {
    const pool = poolOf();
    // Longer than a loaded machine takes for one statement.
    const thresholdMs = 3 * THRESHOLD_MS;
    const app = await start([pool], thresholdMs);
    for (const end = Date.now() + 1.5 * thresholdMs; Date.now() < end;) {
      await Promise.all([pool.query('SELECT 1'), pool.query('SELECT pg_sleep(0.01)')]);
    }
    await delay(1.5 * thresholdMs);
    expect(app.get(PoolTracker).getStats()).toEqual({ leaksSuspected: 0, held: [] });
    expect(warnings()).toEqual([]);
  });

  it('is a connection that was held before the pool was watched', async () => {
    const pool = poolOf();
    const client = await pool.connect();
    const app = await start([pool]);
    await until('it is suspected', () => app.get(PoolTracker).getStats().leaksSuspected === 1);
    expect(warnings()[0]).toMatch(
      /^Suspected connection leak: code that ran before the pool was observed has held a database connection for more than \d+\.\d s/,
    );
    client.release();
    expect(warnings()).toHaveLength(2);
  });

  it('is a connection that the end of its pool waits for', async () => {
    const pool = poolOf();
    const app = await start([pool]);
    const client = await pool.connect();
    const ended = pool.end();
    await until('it is suspected', () => app.get(PoolTracker).getStats().leaksSuspected === 1);
    expect(app.get(PoolTracker).getStats().held).toMatchObject([{ isLeakSuspected: true }]);
    client.release();
    await ended;
    expect(app.get(PoolTracker).getStats().held).toEqual([]);
    expect(warnings()).toHaveLength(2);
  });

  it('is a unit of work that is still running, by its name', async () => {
    const pool = poolOf();
    const app = await start([pool]);
    await app.get(MetricsService).unitOfWork('nightly\nreport', async () => {
      const client = await pool.connect();
      await until('it is suspected', () => app.get(PoolTracker).getStats().leaksSuspected === 1);
      expect(app.get(PoolTracker).getStats().held).toMatchObject([
        { route: 'nightly\nreport', method: undefined },
      ]);
      client.release();
    });
    expect(warnings()[0]).toMatch(
      /^Suspected connection leak: nightly report has held a database connection/,
    );
  });

  it('is counted at the release when the event loop was blocked until then', async () => {
    const pool = poolOf();
    const app = await start([pool]);
    const client = await pool.connect();
    for (const end = performance.now() + 2 * THRESHOLD_MS; performance.now() < end;);
    client.release();
    expect(app.get(PoolTracker).getStats()).toEqual({ leaksSuspected: 1, held: [] });
    expect(warnings()).toHaveLength(2);
  });

  it('is counted once by two applications that share pool and registry', async () => {
    const pool = poolOf();
    const registry = new Registry();
    const options = {
      registry,
      dataSources: [pool],
      pools: { leakThresholdMs: THRESHOLD_MS },
      runtimeMetrics: false,
    };
    const apps = await Promise.all(
      [1, 2].map(() =>
        NestFactory.createApplicationContext(
          HyperMetricsModule.forRoot({ ...options, healthChecker: false }),
          {
            logger: log,
          },
        ),
      ),
    );
    closing.push(() => Promise.all(apps.map((app) => app.close())));
    const client = await pool.connect();
    await until('both suspect it', () =>
      apps.every((app) => app.get(PoolTracker).getStats().leaksSuspected === 1),
    );
    expect(await suspected(apps[0] as INestApplicationContext)).toBe(1);
    client.release();
  });

  it('is not looked for without the option, whose family is absent then', async () => {
    const pool = poolOf();
    const app = await NestFactory.createApplicationContext(
      HyperMetricsModule.forRoot({ registry: new Registry(), dataSources: [pool], runtimeMetrics: false }),
      { logger: log },
    );
    closing.push(() => app.close());
    const client = await pool.connect();
    await delay(2 * THRESHOLD_MS);
    expect(app.get(PoolTracker).getStats()).toMatchObject({
      leaksSuspected: 0,
      held: [{ location: undefined, isLeakSuspected: false }],
    });
    expect(await suspected(app)).toBeUndefined();
    client.release();
    expect(warnings()).toEqual([]);
  });
});
