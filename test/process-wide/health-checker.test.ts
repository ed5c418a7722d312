import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool, type PoolConfig } from 'pg';
import { register } from 'prom-client';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  collectMetrics,
  PoolHealthChecker,
  QueryTimer,
  registerHealthChecker,
  registerQueryTimer,
} from '../../src/index.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { startPostgres } from '../support/postgres.js';
import {
  type PostgresOptions,
  ServerView,
  TYPEORM_VERSIONS,
  uniqueApplicationName,
  until,
  WatchedDatabases,
} from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
}, 180_000);

function poolOf(options: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: server.url, idleTimeoutMillis: 0, ...options });
  pool.on('error', () => {});
  closing.push(async () => pool.ending || (await pool.end()));
  return pool;
}

function checkerOf(...args: ConstructorParameters<typeof PoolHealthChecker>): PoolHealthChecker {
  const checker = new PoolHealthChecker(...args);
  closing.push(() => checker.stop());
  return checker;
}

/** A pool on the other side of a black hole. */
async function unreachablePool(): Promise<Pool> {
  const network = await FaultyNetwork.to(1);
  closing.push(() => network.close());
  network.blackHole();
  const url = new URL(server.url);
  url.port = String(network.port);
  return poolOf({ connectionString: url.href });
}

describe('a health checker', () => {
  it('checks at its start, and at every interval after it', async () => {
    const checker = checkerOf(poolOf(), { intervalSeconds: 0.05 });
    expect(checker.getStats()).toEqual({
      healthy: undefined,
      checks: 0,
      failures: 0,
      lastDurationMs: undefined,
      lastFailure: undefined,
    });
    checker.start();
    await until('three checks', () => checker.getStats().checks >= 3);
    const { healthy, failures, lastDurationMs } = checker.getStats();
    expect({ healthy, failures }).toEqual({ healthy: true, failures: 0 });
    expect(lastDurationMs).toBeGreaterThan(0);
  });

  it('makes its first check at once', async () => {
    const checker = checkerOf(poolOf(), { intervalSeconds: 3600 }).start();
    await until('a check', () => checker.getStats().checks === 1);
    checker.start();
    await checker.check();
    expect(checker.getStats().checks).toBe(2);
  });

  it('shares a check among those who ask at the same time', async () => {
    const name = uniqueApplicationName();
    const checker = checkerOf(poolOf({ application_name: name }));
    const results = await Promise.all([checker.check(), checker.check(), checker.isHealthy('db')]);
    expect(results[0]).toBe(results[1]);
    expect(results[2]).toEqual({ db: { status: 'up' } });
    expect(checker.getStats().checks).toBe(1);
    await checker.check();
    expect(checker.getStats().checks).toBe(2);
  });

  it('gives a check up when it is stopped, and does not count it', async () => {
    const checker = checkerOf(await unreachablePool(), { timeoutMs: 10_000 }).start();
    const underWay = checker.check();
    checker.stop();
    expect(await underWay).toMatchObject({ healthy: undefined, checks: 0, failures: 0 });
  });

  it('checks again when it is started again while a check was given up', async () => {
    const pool = poolOf();
    const checker = checkerOf(pool, { intervalSeconds: 3600 }).start();
    checker.stop();
    checker.start();
    await until('a check', () => checker.getStats().checks === 1);
    expect(checker.getStats()).toMatchObject({ healthy: true, checks: 1 });
  });

  it('does not keep a pool from ending that is closed after it', async () => {
    const network = await FaultyNetwork.to(Number(new URL(server.url).port));
    closing.push(() => network.close());
    const url = new URL(server.url);
    url.port = String(network.port);
    const pool = poolOf({ connectionString: url.href });
    (await Promise.all([pool.connect(), pool.connect()])).forEach((client) => client.release());
    network.blackHole();
    const checker = checkerOf(pool, { timeoutMs: 60_000 }).start();
    await until('a probe has a connection', () => pool.idleCount === 1);
    checker.stop();
    await pool.end();
    expect(pool.totalCount).toBe(0);
  });

  it('counts no failure of a pool that is closed during the check', async () => {
    const pool = await unreachablePool();
    const checker = checkerOf(pool, { timeoutMs: 100 });
    const check = checker.check();
    await pool.end();
    expect(await check).toMatchObject({ healthy: undefined, checks: 0, failures: 0 });
    expect(await checker.isHealthy()).toEqual({ database: { status: 'down', reason: 'no pool' } });
  });

  it('puts nothing on a pool that nobody watches', async () => {
    const pool = poolOf();
    const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    clients.forEach((client) => client.release());
    const events = () =>
      [pool, ...clients].map((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)));
    const before = events();
    await checkerOf(pool).check();
    expect(clients.filter((client) => Object.hasOwn(client, 'query'))).toEqual([]);
    expect(Object.hasOwn(pool, 'connect')).toBe(false);
    expect(events()).toEqual(before);
  });

  it('keeps no process alive', async () => {
    const directory = await mkdtemp(join(import.meta.dirname, '../../node_modules/.health-checker-'));
    closing.push(() => rm(directory, { recursive: true }));
    await build({
      configFile: false,
      logLevel: 'silent',
      build: {
        ssr: join(import.meta.dirname, '../../src/database/health/pool-health-checker.ts'),
        outDir: directory,
        rollupOptions: { output: { entryFileNames: 'checker.mjs' } },
      },
    });
    await writeFile(
      join(directory, 'main.mjs'),
      `import pg from 'pg';
       import { PoolHealthChecker } from './checker.mjs';
       const pool = new pg.Pool({ connectionString: process.env.URL });
       await pool.query('SELECT 1');
       const checker = new PoolHealthChecker(pool).start();
       const { checks } = await checker.check();
       await pool.end();
       console.log('checks', checks);`,
    );
    const child = spawn(process.execPath, [join(directory, 'main.mjs')], {
      env: { ...process.env, URL: server.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closing.push(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += String(bytes);
    });
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, output }).toEqual({ code: 0, output: 'checks 1\n' });
  });
});

describe('probes', () => {
  it('are nowhere in the metrics of a busy pool, and take nothing from it', async () => {
    const name = uniqueApplicationName();
    const view = await ServerView.open(server.url);
    closing.push(() => view.close());
    const pool = poolOf({ application_name: name, max: 6 });
    const watched = await WatchedDatabases.of([pool]);
    closing.push(watched.close);
    const checker = checkerOf(pool);
    let queries = 0;
    let checks = 0;
    // On a busy machine checks are rare.
    const isOver = (): boolean => queries >= 400 && checks > 10;
    const probing = (async () => {
      while (!isOver()) {
        expect(await checker.check()).toMatchObject({ healthy: true });
        checks += 1;
        expect((await watched.gauges()).pinned).toBe(0);
      }
    })();
    const workers = Array.from({ length: 4 }, async () => {
      while (!isOver()) {
        queries += 1;
        await pool.query('SELECT pg_sleep(0.002)');
      }
    });
    await Promise.all([...workers, probing]);
    const acquires = await watched.acquires();
    expect(Object.values(acquires).reduce((sum, count) => sum + count, 0)).toBe(queries);
    expect(acquires['waited']).toBeUndefined();
    const counts = (await watched.metrics.collect()).match(/db_query_duration_seconds_count\{.*\} (\d+)/g);
    expect(counts?.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(queries);
    await view.untilOpen(name, pool.totalCount);
    expect(await watched.connections()).toMatchObject({ left: pool.totalCount });
  });
});

describe.each(TYPEORM_VERSIONS)('the health of data sources of TypeORM %s', (_version, DataSourceOf) => {
  const optionsOf = (url: string): PostgresOptions => ({ type: 'postgres', url, poolSize: 3 });

  it('is unknown before initialize() and after destroy()', async () => {
    const dataSource = new DataSourceOf(optionsOf(server.url));
    const watched = await WatchedDatabases.of([dataSource], { healthChecker: true });
    closing.push(watched.close);
    const { checker } = watched;
    const unknown = { database: { status: 'down', reason: 'no pool' } };
    expect(await checker.isHealthy()).toEqual(unknown);
    const before = await watched.scrape();
    expect(before('db_pool_healthy')).toBeUndefined();
    expect(before('db_pool_health_checks_total')).toBe(0);

    await dataSource.initialize();
    expect(await checker.isHealthy()).toEqual({ database: { status: 'up' } });
    const initialised = await watched.scrape();
    expect(initialised('db_pool_healthy')).toBe(1);
    expect(initialised('db_pool_health_checks_total')).toBe(1);
    expect(initialised('db_pool_health_failures_total')).toBe(0);
    expect(initialised('db_pool_health_check_duration_seconds_count')).toBe(1);

    await dataSource.destroy();
    expect((await watched.scrape())('db_pool_healthy')).toBeUndefined();
    expect(checker.getStats().healthy).toBeUndefined();
    expect(await checker.isHealthy()).toEqual(unknown);
  });

  it('is 0 when a replica alone is down, and 1 when it is back', async () => {
    const port = Number(new URL(server.url).port);
    const network = await FaultyNetwork.to(port);
    closing.push(() => network.close());
    const replicaUrl = new URL(server.url);
    replicaUrl.port = String(network.port);
    const dataSource = new DataSourceOf({
      type: 'postgres',
      replication: { master: { url: server.url }, slaves: [{ url: replicaUrl.href }] },
    } satisfies PostgresOptions);
    await dataSource.initialize();
    closing.push(() => dataSource.destroy());
    const watched = await WatchedDatabases.of([dataSource], { healthChecker: { timeoutMs: 5_000 } });
    closing.push(watched.close);
    await watched.checker.check();
    expect((await watched.scrape())('db_pool_healthy')).toBe(1);
    const checksBefore = watched.checker.getStats().checks;
    network.blackHole();
    await watched.checker.check();
    const down = await watched.scrape();
    expect(down('db_pool_healthy')).toBe(0);
    expect(down('db_pool_health_failures_total')).toBe(1);
    expect(down('db_pool_health_checks_total')).toBe(checksBefore + 2);
    expect(await watched.checker.isHealthy()).toEqual({ database: { status: 'down', reason: 'timeout' } });
    network.heal();
    await until('healthy again', async () => (await watched.checker.check()).healthy === true);
    expect((await watched.scrape())('db_pool_healthy')).toBe(1);
  });

  it('never makes a user wait: with one idle connection the probe has a connection of its own', async () => {
    const name = uniqueApplicationName();
    const view = await ServerView.open(server.url);
    closing.push(() => view.close());
    const dataSource = new DataSourceOf({ ...optionsOf(server.url), applicationName: name, poolSize: 1 });
    await dataSource.initialize();
    closing.push(() => dataSource.destroy());
    const watched = await WatchedDatabases.of([dataSource]);
    closing.push(watched.close);
    const checker = checkerOf(dataSource);
    for (let check = 0; check < 20; check += 1) {
      const checking = checker.check();
      await dataSource.query('SELECT 1');
      expect(await checking).toMatchObject({ healthy: true });
    }
    expect(await watched.acquires()).toEqual({ idle: 20 });
    expect(await watched.connections()).toEqual({ created: 1, closed: 0, left: 1 });
    await view.untilOpen(name, 1);
  });
});

describe('registered by hand', () => {
  /** Reads the process-wide metrics. */
  async function sample(name: string): Promise<number | undefined> {
    const line = (await collectMetrics()).split('\n').find((one) => one.startsWith(`hyperdjango_${name} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  afterAll(() => register.clear());

  it('a checker is counted once, however often it is registered', async () => {
    const pool = poolOf();
    const checker = checkerOf(pool, { intervalSeconds: 3600 });
    registerHealthChecker(checker);
    registerHealthChecker(checker);
    await until('a check', () => checker.getStats().checks === 1);
    await checker.check();
    expect(await sample('db_pool_health_checks_total')).toBe(2);
    expect(await sample('db_pool_healthy')).toBe(1);
    expect(await sample('db_pool_total')).toBe(10);
    checker.stop();
    expect(await sample('db_pool_healthy')).toBeUndefined();
    expect(await sample('db_pool_total')).toBeUndefined();
    expect(Object.hasOwn(pool, 'connect')).toBe(false);
  });

  it('two checkers and two timers of one source count once', async () => {
    const pool = poolOf();
    const checkers = [checkerOf(pool), checkerOf([pool])];
    const timers = [new QueryTimer(pool), new QueryTimer(pool)];
    const checksBefore = (await sample('db_pool_health_checks_total')) ?? 0;
    checkers.forEach(registerHealthChecker);
    timers.forEach(registerQueryTimer);
    timers.forEach(registerQueryTimer);
    closing.push(() => timers.forEach((timer) => timer.uninstall()));
    await until('two checks', () => checkers.every((checker) => checker.getStats().checks === 1));
    expect(await sample('db_pool_health_checks_total')).toBe(checksBefore + 1);
    expect(await sample('db_pool_total')).toBe(10);
    await pool.query('SELECT 1');
    const counts = (await collectMetrics()).match(/db_pool_acquire_duration_seconds_count\{.*\} (\d+)/g);
    expect(counts?.map((line) => Number(line.split(' ')[1])).reduce((sum, count) => sum + count, 0)).toBe(1);
    checkers[0]?.stop();
    await checkers[1]?.check();
    expect(await sample('db_pool_health_checks_total')).toBe(checksBefore + 2);
  });

  it('refuses a data source without pools of pg, and numbers that no timer can keep', () => {
    const pool = poolOf();
    expect(() => new PoolHealthChecker(pool, { intervalSeconds: 0 })).toThrow(
      'intervalSeconds of a PoolHealthChecker is 0',
    );
    expect(() => new PoolHealthChecker(pool, { timeoutMs: Number.NaN })).toThrow(
      'timeoutMs of a PoolHealthChecker is NaN',
    );
    expect(() => new PoolHealthChecker({} as Pool)).toThrow('cannot be watched');
  });
});
