import 'reflect-metadata';
import { Injectable, Module, type Provider, Scope } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MetricsService } from '../../src/index.js';
import { HyperMetricsTestingModule, readMetric } from '../../src/testing.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

const CAPACITY = 'hyperdjango_db_pool_total';
const QUERIES = 'hyperdjango_db_queries_total';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>> | undefined;

beforeAll(async () => {
  server = await startPostgres();
  pool = openPool(server.url, { max: 3 });
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

async function start(
  providers: Provider[],
  options: Parameters<typeof HyperMetricsTestingModule.forRoot>[0] = {},
): Promise<NonNullable<typeof app>> {
  @Module({ imports: [HyperMetricsTestingModule.forRoot(options)], providers })
  class ApplicationModule {}

  app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
  return app;
}

it('counts the queries of a pool that is a provider, until the application closes', async () => {
  const nest = await start([{ provide: 'POOL', useFactory: () => pool }]);
  await pool.query('SELECT 1');
  expect(await readMetric(nest, CAPACITY)).toBe(3);
  expect(await readMetric(nest, QUERIES)).toBe(1);
  await nest.close();
  expect(Object.hasOwn(pool, 'connect')).toBe(false);
});

it('counts a pool once, however many tokens it has, behind a proxy too', async () => {
  const nest = await start([
    { provide: 'POOL', useValue: pool },
    { provide: Pool, useExisting: 'POOL' },
    { provide: 'AGAIN', useFactory: () => pool },
    { provide: 'PROXY', useFactory: () => new Proxy(pool, {}) },
    {
      provide: 'BOUND',
      useFactory: () =>
        new Proxy(pool, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    },
  ]);
  await pool.query('SELECT 1');
  await nest.get<Pool>('PROXY').query('SELECT 2');
  await nest.get<Pool>('BOUND').query('SELECT 3');
  expect(await readMetric(nest, CAPACITY)).toBe(3);
  expect(await readMetric(nest, QUERIES)).toBe(3);
  expect(
    (await nest.get(MetricsService).collect()).match(/db_pool_acquire_duration_seconds_count.* [1-9]/g),
  ).toEqual([expect.stringMatching(/ 3$/)]);
});

it('starts beside providers that throw, and that are of a request', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class RequestPool extends Pool {}

  const nest = await start([
    RequestPool,
    { provide: 'SCOPED', scope: Scope.REQUEST, useFactory: () => openPool(server.url, {}) },
    {
      provide: 'THROWING',
      useFactory: () =>
        Object.defineProperties(
          {},
          Object.fromEntries(
            ['connect', 'on', 'totalCount', 'isInitialized', 'driver'].map((name) => [
              name,
              {
                get: () => {
                  throw new Error('not outside of a request');
                },
              },
            ]),
          ),
        ),
    },
    { provide: 'POOL', useValue: pool },
  ]);
  expect(await readMetric(nest, CAPACITY)).toBe(3);
  expect(
    await readMetric(nest, 'hyperdjango_metrics_collector_errors_total', { collector: 'data_sources' }),
  ).toBe(0);
});

it('starts beside an object that only looks like a pool', async () => {
  const lookalike = {
    totalCount: 0,
    idleCount: 0,
    waitingCount: 0,
    connect: () => Promise.resolve(),
    on: () => {
      throw new Error('this is no emitter');
    },
    removeListener: () => {},
  };
  const nest = await start([
    { provide: 'LOOKALIKE', useValue: lookalike },
    { provide: 'POOL', useValue: pool },
  ]);
  await pool.query('SELECT 1');
  expect(await readMetric(nest, QUERIES)).toBe(1);
});

it('finds the pool of a module that is loaded later', async () => {
  const nest = await start([]);
  @Module({ providers: [{ provide: 'LATE', useValue: pool }] })
  class LateModule {}
  await nest.get(LazyModuleLoader).load(() => LateModule);
  expect(await readMetric(nest, CAPACITY)).toBe(3);
});

it('leaves pools alone when `dataSources` names other databases', async () => {
  const nest = await start([{ provide: 'POOL', useValue: pool }], { dataSources: [] });
  expect(Object.hasOwn(pool, 'connect')).toBe(false);
  expect(await nest.get(MetricsService).collect()).not.toContain('db_pool_total');
});
