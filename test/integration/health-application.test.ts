import 'reflect-metadata';
import { Controller, Get, Inject, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HyperMetricsOptions, PoolHealthChecker, QueryTimer } from '../../src/index.js';
import { HyperMetricsTestingModule, readMetric } from '../../src/testing.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { FatalErrors } from '../support/leak-watch.js';
import { ServerView, uniqueApplicationName, until } from '../support/watched-database.js';

let server: ControlledPostgres;
let fatal: FatalErrors;
let app: INestApplication | undefined;

beforeAll(async () => {
  server = await ControlledPostgres.start();
  fatal = FatalErrors.watch();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  fatal.throwAny();
});

afterAll(async () => {
  fatal.stop();
  await server.stop();
});

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(PoolHealthChecker) private readonly checker: PoolHealthChecker,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.checker.isHealthy('database')]);
  }
}

interface ApplicationOptions {
  readonly name?: string;
  readonly metrics?: Omit<HyperMetricsOptions, 'registry'>;
  readonly shutdownHooks?: boolean;
}

async function listen({
  name = uniqueApplicationName(),
  metrics = {},
  shutdownHooks = false,
}: ApplicationOptions) {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: server.url, applicationName: name, retryAttempts: 1 }),
      TerminusModule.forRoot({ logger: false, errorLogStyle: 'json' }),
      HyperMetricsTestingModule.forRoot(metrics),
    ],
    controllers: [HealthController],
  })
  class ApplicationModule {}

  app = await NestFactory.create(ApplicationModule, { logger: ['error'] });
  if (shutdownHooks) {
    app.enableShutdownHooks();
  }
  await app.listen(0, '127.0.0.1');
  const dataSource = app.get(DataSource);
  return {
    app,
    dataSource,
    pool: (dataSource.driver as unknown as { master: pg.Pool }).master,
    url: await app.getUrl(),
  };
}

describe('@nestjs/terminus', () => {
  it('answers 200 and "up", and 503 and "down" with a code while the server is down', async () => {
    const { app: nest, url } = await listen({ metrics: { healthChecker: { timeoutMs: 3000 } } });
    const health = async () => {
      const response = await fetch(`${url}/health`);
      return { status: response.status, body: await response.json() };
    };
    expect(await health()).toEqual({
      status: 200,
      body: {
        status: 'ok',
        info: { database: { status: 'up' } },
        error: {},
        details: { database: { status: 'up' } },
      },
    });
    expect(await readMetric(nest, 'hyperdjango_db_pool_healthy')).toBe(1);

    await server.shutDown();
    const down = { database: { status: 'down', reason: 'ECONNREFUSED' } };
    expect(await health()).toEqual({
      status: 503,
      body: { status: 'error', info: {}, error: down, details: down },
    });
    expect(await readMetric(nest, 'hyperdjango_db_pool_healthy')).toBe(0);

    await server.startAgain();
    expect((await health()).status).toBe(200);
    expect(await readMetric(nest, 'hyperdjango_db_pool_healthy')).toBe(1);
    expect(await readMetric(nest, 'hyperdjango_db_pool_health_failures_total')).toBe(1);
  });
});

describe.each([false, true])('an application that closes (shutdown hooks: %s)', (shutdownHooks) => {
  it('ends its checks and leaves nothing of ours on the pool', async () => {
    const {
      app: nest,
      dataSource,
      pool,
    } = await listen({
      shutdownHooks,
      metrics: { healthChecker: { intervalSeconds: 0.02 } },
    });
    const checker = nest.get(PoolHealthChecker);
    await until('several checks', () => checker.getStats().checks > 3);
    await dataSource.query('SELECT 1');
    expect(pool.listenerCount('connect')).toBeGreaterThan(0);
    await nest.close();
    const { checks, failures } = checker.getStats();
    expect(failures).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(checker.getStats()).toMatchObject({ checks, failures: 0, healthy: undefined });
    expect(dataSource.isInitialized).toBe(false);
    expect(Object.hasOwn(pool, 'connect')).toBe(false);
    expect(['connect', 'acquire', 'release', 'remove'].map((event) => pool.listenerCount(event))).toEqual([
      0, 0, 0, 0,
    ]);
    expect(Object.hasOwn(dataSource.driver, 'createPool')).toBe(false);
  });

  /** An application with a query under way, which ends when the test opens its gate. */
  async function withQuery(metrics: ApplicationOptions['metrics'] & object) {
    const name = uniqueApplicationName();
    const view = await ServerView.open(server.url);
    const { app: nest, dataSource, pool } = await listen({ name, shutdownHooks, metrics });
    const gate = await view.closeGate();
    const query = dataSource.query(`${gate.statement}, 42 AS answer`).then(
      ([row]: { answer: number }[]) => ({ answer: row?.answer, poolWasEnding: pool.ending }),
      (error: Error) => error.message,
    );
    await view.untilActive(name, 1);
    return { nest, pool, query, openGate: gate.open, view };
  }

  it('lets a query that runs finish before the pool ends, when it is told how long to wait', async () => {
    const { nest, query, openGate, view } = await withQuery({ queryTimer: { drainTimeoutMs: 10_000 } });
    const closed = nest.close();
    await openGate();
    expect(await query).toEqual({ answer: 42, poolWasEnding: false });
    await closed;
    expect(nest.get(QueryTimer).inFlight).toBe(0);
    await view.close();
  });

  it('waits for a query no longer than it was told to', async () => {
    const { nest, pool, query, openGate, view } = await withQuery({ queryTimer: { drainTimeoutMs: 50 } });
    const closed = nest.close();
    await until('the pool ends', () => pool.ending);
    await openGate();
    // TypeORM takes the connection away.
    expect(await query).toBe('Connection terminated');
    await closed;
    await view.close();
  });

  it('without that, does to a query what TypeORM does', async () => {
    const outcomes: unknown[] = [];
    for (const enabled of [true, false]) {
      const { nest, pool, query, openGate, view } = await withQuery({ enabled });
      const closed = nest.close();
      await until('the pool ends', () => pool.ending);
      await openGate();
      outcomes.push(await query);
      await closed;
      await view.close();
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
  });
});

describe('an application that closes while its server is frozen', () => {
  it('does not wait for a check that is under way', async () => {
    const {
      app: nest,
      dataSource,
      pool,
      // For ever, as far as this test is concerned.
    } = await listen({ metrics: { healthChecker: { timeoutMs: 3_600_000 } } });
    await Promise.all([1, 2, 3].map(() => dataSource.query('SELECT pg_sleep(0.01)')));
    await server.freeze();
    try {
      const check = nest.get(PoolHealthChecker).check();
      await until('a probe has a connection', () => pool.idleCount === 2);
      await nest.close();
      expect(await check).toMatchObject({ failures: 0 });
    } finally {
      server.thaw();
    }
  });
});
