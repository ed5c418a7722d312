import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type Pool, types } from 'pg';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  type MockInstance,
  vi,
} from 'vitest';
import {
  HyperMetricsModule,
  MetricsService,
  SlowQueryLog,
  type SlowQueryLogOptions,
} from '../../src/index.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { heapUsed } from '../support/garbage.js';
import { openPool } from '../support/open-pool.js';
import { ServerView, uniqueApplicationName, until } from '../support/watched-database.js';

const TABLE = 'slow_queries_that_fail';

let server: ControlledPostgres;
let name: string;
let pools: Pool[] = [];
let logs: SlowQueryLog[] = [];
const logger = { log: vi.fn(), warn: vi.fn<(message: string) => void>(), debug: vi.fn() };

beforeAll(async () => {
  server = await ControlledPostgres.start();
});
beforeEach(() => {
  name = uniqueApplicationName();
  logger.warn.mockReset();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(logs.splice(0).map((log) => log.uninstall()));
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await server.query(`DROP TABLE IF EXISTS ${TABLE}`);
});
afterAll(() => server.stop());

function poolAt(url = server.url, max = 3): Pool {
  const pool = openPool(url, { max, application_name: name, idleTimeoutMillis: 0 });
  pools.push(pool);
  return pool;
}

/** Everything is slow, and written when the test says so. */
function install(pool: Pool, options: SlowQueryLogOptions = {}): SlowQueryLog {
  const log = new SlowQueryLog(
    pool,
    { thresholdMs: 0, table: TABLE, flushIntervalSeconds: 3600, ...options },
    logger,
  ).install();
  logs.push(log);
  return log;
}

const urlOf = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string =>
  Object.assign(new URL(server.url), change).href;

const persistence = async (): Promise<unknown> =>
  (await server.query(`SELECT relpersistence AS p FROM pg_class WHERE relname = '${TABLE}'`))[0];

describe('the table', () => {
  it('is a plain one where the server makes no unlogged ones', async () => {
    await server.query(`
      CREATE FUNCTION refuse_unlogged() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF current_query() ILIKE '%UNLOGGED%' THEN RAISE 'No unlogged tables here.'; END IF;
      END $$`);
    await server.query('CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse_unlogged()');
    try {
      const pool = poolAt();
      const log = install(pool);
      await pool.query('SELECT 1');
      await log.flush();
      expect(await persistence()).toEqual({ p: 'p' });
      expect(await log.readStats()).toMatchObject({ queries: 1, pending: 0 });
      expect(logger.warn).not.toHaveBeenCalled();
    } finally {
      await server.query('DROP EVENT TRIGGER refuse');
      await server.query('DROP FUNCTION refuse_unlogged');
    }
  });

  it('is used as it is when it is there, by a role that may make none', async () => {
    const owner = install(poolAt());
    expect(await owner.recent()).toEqual([]);
    await server.query("CREATE ROLE writer LOGIN PASSWORD 'writer'");
    await server.query(`GRANT INSERT, SELECT ON ${TABLE} TO writer`);
    try {
      const pool = poolAt(urlOf({ username: 'writer', password: 'writer' }));
      const log = install(pool);
      await pool.query('SELECT 1');
      await log.flush();
      expect(await log.readStats()).toMatchObject({ queries: 1 });
      expect(logger.warn).not.toHaveBeenCalled();
    } finally {
      await server.query('DROP OWNED BY writer');
      await server.query('DROP ROLE writer');
    }
  });

  it('is made once by processes that begin at the same time', async () => {
    const writing = Array.from({ length: 8 }, async (_, number) => {
      const pool = poolAt();
      const log = install(pool);
      await pool.query(`SELECT 1 AS by_process_${'abcdefgh'[number]}`);
      return log;
    });
    const all = await Promise.all(writing);
    await Promise.all(all.map((log) => log.flush()));
    expect(await all[0]!.readStats()).toMatchObject({ queries: 8, pending: 0 });
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('may be in a schema, and in one with capitals', async () => {
    await server.query('CREATE SCHEMA "Watch"');
    const pool = poolAt();
    const log = install(pool, { table: 'Watch.Slow' });
    await pool.query('SELECT 1');
    await log.flush();
    expect(await server.query('SELECT fingerprint FROM "Watch"."Slow"')).toEqual([
      { fingerprint: 'SELECT ?' },
    ]);
    await server.query('DROP SCHEMA "Watch" CASCADE');
  });

  it('is made anew at once when somebody has dropped it, and nothing is lost', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1');
    await log.flush();
    await server.query(`DROP TABLE ${TABLE}`);
    expect(await log.recent()).toEqual([]);
    await server.query(`DROP TABLE ${TABLE}`);
    await pool.query('SELECT 2');
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 1, pending: 0, dropped: 0 });
    expect(await persistence()).toEqual({ p: 'u' });
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

describe('queries that are logged', () => {
  it('may have a NUL, lone surrogates and quotes in their names', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1 AS "lone \ud800 surrogate, it\'s"');
    await pool.query('SELECT 1 AS "nul \0"').catch(() => {});
    await pool.query('SELECT $1::text AS kept', ['\ud800 a secret']);
    await log.flush();
    expect((await log.recent()).map(({ fingerprint, failed }) => [fingerprint, failed])).toEqual([
      ['SELECT ?::text AS kept', false],
      ['SELECT ? AS "nul \ufffd"', true],
      ['SELECT ? AS "lone \ufffd surrogate, it\'s"', false],
    ]);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('are read as they are whatever type parsers the application has', async () => {
    const { FLOAT8, TIMESTAMPTZ, INT8, BOOL, NUMERIC } = types.builtins;
    const changed = [FLOAT8, TIMESTAMPTZ, INT8, BOOL, NUMERIC] as const;
    const before = changed.map((oid) => types.getTypeParser(oid));
    const pool = poolAt();
    const log = install(pool);
    for (const oid of changed) types.setTypeParser(oid, (value) => ({ value: `<${value}>` }));
    try {
      const startedAt = Date.now();
      await pool.query('SELECT pg_sleep(0.02)');
      await pool.query('SELECT 1 / 0').catch(() => {});
      await log.flush();
      const [failing, sleeping] = await log.recent();
      expect(failing?.failed).toBe(true);
      expect(sleeping?.failed).toBe(false);
      expect(sleeping?.durationMs).toBeGreaterThanOrEqual(20);
      expect(sleeping?.endedAt.getTime()).toBeGreaterThanOrEqual(startedAt);
      expect(sleeping?.endedAt.getTime()).toBeLessThanOrEqual(Date.now());
      const stats = await log.readStats();
      expect(stats.queries).toBe(2);
      expect(stats.maxDurationMs).toBe(sleeping?.durationMs);
      expect(stats.fingerprints[0]).toMatchObject({ fingerprint: 'SELECT pg_sleep(?)', queries: 1 });
      expect(await log.cleanup(0)).toBe(2);
    } finally {
      changed.forEach((oid, index) => types.setTypeParser(oid, before[index] ?? String));
    }
  });

  it('that the database cannot store are dropped, so that later ones are stored', async () => {
    await server.query("CREATE DATABASE western ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    const pool = poolAt(urlOf({ pathname: '/western' }));
    const log = install(pool);
    await pool.query('SELECT 1 AS "書"').catch(() => {});
    await log.flush();
    await pool.query('SELECT 1 AS "Bücher"');
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 1, pending: 0, dropped: 1 });
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('of 10,000 at once, 1,000 wait, and the others are counted', async () => {
    const pool = poolAt();
    const log = install(pool);
    await Promise.all(Array.from({ length: 10_000 }, (_, number) => pool.query(`SELECT ${number} AS many`)));
    expect(await log.readStats()).toMatchObject({ queries: 0, pending: 1000, dropped: 9000 });
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 1000, pending: 0, dropped: 9000 });
    expect((await log.slowest(3)).map(({ fingerprint }) => fingerprint)).toEqual(
      Array.from({ length: 3 }, () => 'SELECT ? AS many'),
    );
  });

  it('and are large do not wait with their texts', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1');
    const before = await heapUsed();
    for (let number = 0; number < 100; number += 1) {
      await pool.query(`SELECT length('${'x'.repeat(1_000_000)}${number}')`);
    }
    expect((await heapUsed()) - before).toBeLessThan(10 * 1024 * 1024);
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 101 });
  });

  it('while others are being written are written at the end, too', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1 AS before');
    const writing = log.flush();
    await pool.query('SELECT 1 AS meanwhile');
    await log.uninstall();
    await writing;
    expect(await server.query(`SELECT fingerprint FROM ${TABLE} ORDER BY id`)).toEqual([
      { fingerprint: 'SELECT ? AS before' },
      { fingerprint: 'SELECT ? AS meanwhile' },
    ]);
  });
});

describe('a table that cannot be written', () => {
  it('for want of rights, warns once; the queries of the application succeed', async () => {
    await server.query("CREATE ROLE nobody LOGIN PASSWORD 'nobody'");
    const pool = poolAt(urlOf({ username: 'nobody', password: 'nobody' }));
    const log = install(pool);
    for (let round = 0; round < 3; round += 1) {
      expect((await pool.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
      await log.flush();
    }
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0]?.[0]).toMatch(/^Slow queries could not be logged: permission denied/);
    await expect(log.readStats()).rejects.toThrow('permission denied');
    await server.query('GRANT CREATE ON SCHEMA public TO nobody');
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 3, pending: 0, dropped: 0 });
    await server.query('DROP OWNED BY nobody');
    await server.query('DROP ROLE nobody');
  });

  it('while the server is down, is written when it is back', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1 AS before');
    await server.shutDown();
    await log.flush();
    await expect(pool.query('SELECT 1 AS down')).rejects.toThrow(/terminat|ECONNREFUSED/);
    await log.flush();
    expect(logger.warn).toHaveBeenCalledTimes(1);
    await server.startAgain();
    await pool.query('SELECT 1 AS after');
    await log.flush();
    const logged = (await log.recent()).map(({ fingerprint }) => fingerprint);
    expect(logged).toEqual(['SELECT ? AS after', 'SELECT ? AS before']);
    expect(await log.readStats()).toMatchObject({ pending: 0, dropped: 0 });
  });

  it('because it is locked or out of reach, holds up no query of the application, nor the end for long', async () => {
    const pool = poolAt(server.url, 2);
    const log = install(pool, { flushIntervalSeconds: 0.01 });
    expect(await log.recent()).toEqual([]);
    const view = await ServerView.open(server.url);
    const locker = await poolAt().connect();
    await locker.query(`BEGIN; LOCK TABLE ${TABLE} IN ACCESS EXCLUSIVE MODE`);

    await pool.query('SELECT 1');
    // The one that waits for the lock is the log's own.
    await view.untilActive(name, 1);
    // The lock is held until all of them are answered.
    for (let number = 0; number < 3000; number += 1) {
      await pool.query('SELECT 1');
    }

    const network = await FaultyNetwork.to(server.port);
    const farPool = poolAt(Object.assign(new URL(server.url), { port: String(network.port) }).href);
    const farLog = install(farPool);
    await farPool.query('SELECT 1');
    network.blackHole();

    // The lock is held, and the network silent, until both have given up.
    await Promise.all([log.uninstall(), farLog.uninstall()]);
    await until('the log leaves nothing', () => network.openConnections === 1);
    await network.close();
    expect(logger.warn).toHaveBeenCalledTimes(2);
    expect(logger.warn.mock.calls[0]?.[0]).toContain('The database did not answer within 10000 ms.');
    await locker.query('ROLLBACK');
    locker.release();
    expect(await log.readStats()).toMatchObject({ pending: 1000, dropped: 2001 });
    await view.close();
  });
});

/** Whether timers (of that many milliseconds) keep the process alive. */
function refs(timers: MockInstance<typeof setInterval>, ofMs?: number): boolean[] {
  return timers.mock.calls.flatMap(([, ms], index) => {
    const timer = timers.mock.results[index]?.value as NodeJS.Timeout;
    return ofMs === undefined || ms === ofMs ? [timer.hasRef()] : [];
  });
}

describe('a log', () => {
  it('keeps neither the process alive nor a connection', async () => {
    const interval = vi.spyOn(globalThis, 'setInterval');
    const timeout = vi.spyOn(globalThis, 'setTimeout');
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1');
    await log.flush();
    expect(refs(interval)).toEqual([false]);
    expect(refs(timeout, 10_000)).toEqual([false]);
    const view = await ServerView.open(server.url);
    await view.untilOpen(name, 1);
    await view.close();
    await log.uninstall();
    // The second time there is nothing to end.
    await log.uninstall();
  });

  it('logs again when it is installed again', async () => {
    const pool = poolAt();
    const log = install(pool);
    await pool.query('SELECT 1 AS first');
    await log.uninstall();
    await pool.query('SELECT 1 AS unseen');
    log.install().install();
    await pool.query('SELECT 1 AS second');
    await log.flush();
    expect((await log.recent()).map(({ fingerprint }) => fingerprint)).toEqual([
      'SELECT ? AS second',
      'SELECT ? AS first',
    ]);
  });

  it('of an application can be injected, and is written before its data source is destroyed', async () => {
    @Module({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: server.url, applicationName: name }),
        HyperMetricsModule.forRoot({
          registry: new Registry(),
          healthChecker: false,
          queryTimer: { thresholdMs: 0, slowQueryLog: { table: TABLE, flushIntervalSeconds: 3600 } },
        }),
      ],
    })
    class LoggingModule {}
    const app = await NestFactory.createApplicationContext(LoggingModule, { logger: false });
    await app.get(DataSource).query('SELECT 1 AS of_application');
    expect(await app.get(SlowQueryLog).readStats()).toMatchObject({ queries: 0, pending: 1 });
    await app.close();
    expect(await server.query(`SELECT fingerprint FROM ${TABLE}`)).toEqual([
      { fingerprint: 'SELECT ? AS of_application' },
    ]);
    const view = await ServerView.open(server.url);
    await view.untilOpen(name, 0);
    await view.close();
  });

  it('of an application that has not asked for one logs nothing', async () => {
    const pool = poolAt();
    const app = await NestFactory.createApplicationContext(
      HyperMetricsModule.forRoot({ registry: new Registry(), healthChecker: false, dataSources: [pool] }),
      { logger: false },
    );
    await pool.query('SELECT pg_sleep(0.11)');
    await app.get(SlowQueryLog).flush();
    await app.close();
    await until('nothing is there', async () => (await persistence()) === undefined);
    expect(await server.query("SELECT 1 FROM pg_class WHERE relname = 'hyper_metrics_slow_queries'")).toEqual(
      [],
    );
  });
});

it('writes what a unit of work has sent whose name is no text', async () => {
  const app = await NestFactory.createApplicationContext(
    HyperMetricsModule.forRoot({
      registry: new Registry(),
      dataSources: [poolAt()],
      healthChecker: false,
      queryTimer: { thresholdMs: 0, slowQueryLog: { table: TABLE } },
    }),
    { logger: false },
  );
  try {
    const work = app
      .get(MetricsService)
      .unitOfWork(42 as unknown as string, () => pools[0]?.query('SELECT 1'));
    await work;
    await app.get(SlowQueryLog).flush();
    const stats = await app.get(SlowQueryLog).readStats();
    expect(stats).toMatchObject({ queries: 1, pending: 0, dropped: 0 });
    expect((await app.get(SlowQueryLog).recent())[0]?.route).toBeUndefined();
  } finally {
    await app.close();
  }
});
