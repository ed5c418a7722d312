import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Pool, Query } from 'pg';
import QueryStream from 'pg-query-stream';
import { Registry } from 'prom-client';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import {
  HyperMetricsModule,
  MetricsService,
  PerformanceTracker,
  type PerformanceOptions,
  SlowQueryLog,
} from '../../src/index.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

const person = new EntitySchema<{ id: number; name: string }>({
  name: 'person',
  columns: { id: { type: 'integer', primary: true }, name: { type: 'varchar' } },
});
const SECRET = 'Pa55word';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
let app: INestApplicationContext | undefined;
const warn = vi.fn<(message: unknown) => void>();

beforeAll(async () => {
  server = await startPostgres();
  pool = openPool(server.url, { max: 2 });
  await pool.query('CREATE TABLE IF NOT EXISTS person_of_pool (name text)');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

/** Every query is slow. */
async function start(
  target: Pool | DataSource,
  options: PerformanceOptions = { slowQueryParameters: true },
): Promise<INestApplicationContext> {
  const quiet = (): void => {};
  app = await NestFactory.createApplicationContext(
    HyperMetricsModule.forRoot({
      registry: new Registry(),
      dataSources: [target],
      healthChecker: false,
      performance: { slowQueryThresholdMs: 0, ...options },
      queryTimer: { thresholdMs: 0, slowQueryLog: true },
    }),
    { logger: { log: quiet, error: quiet, warn } },
  );
  return app;
}

const parameters = (running: INestApplicationContext) =>
  running
    .get(PerformanceTracker)
    .getStats()
    .recentSlowQueries.map((query) => query.parameters)
    .toReversed();

it('are those of a statement, in whatever form it is sent', async () => {
  const running = await start(pool);
  const text = 'SELECT $1::text';
  await pool.query(text, ['beside']);
  await pool.query({ text, values: ['within'] });
  await pool.query({ text, values: ['less'] }, ['more']);
  await new Promise((resolve) => {
    pool.query(text, ['called back'], resolve);
  });
  const client = await pool.connect();
  await new Promise((resolve) => {
    client.query(new Query(text, ['an object'])).on('end', resolve);
  });
  await client.query(new QueryStream(text, ['a stream'])).toArray();
  client.release();
  await pool.query('SELECT 1');
  await expect(pool.query('SELECT $1::int', ['no number'])).rejects.toThrow('invalid input syntax');
  expect(parameters(running)).toEqual([
    ['beside'],
    ['within'],
    ['more'],
    ['called back'],
    ['an object'],
    ['a stream'],
    undefined,
    ['no number'],
  ]);
});

it('are those of the ORM', async () => {
  const dataSource = await new DataSource({
    type: 'postgres',
    url: server.url,
    entities: [person],
  }).initialize();
  await dataSource.synchronize();
  const running = await start(dataSource);
  await dataSource.getRepository(person).findOneBy({ name: 'Ada' });
  expect(parameters(running)).toEqual([['Ada']]);
  await dataSource.destroy();
});

it('are those of other drivers, too', async () => {
  const dataSource = await new DataSource({
    type: 'sqljs',
    entities: [person],
    synchronize: true,
  }).initialize();
  const running = await start(dataSource);
  await dataSource.getRepository(person).findOneBy({ name: 'Ada' });
  expect(parameters(running)).toEqual([['Ada']]);
  await dataSource.destroy();
});

it('are nowhere unless they are asked for, and never in metrics, the log or the slow-query log', async () => {
  const repeat = async (): Promise<void> => {
    for (let id = 0; id < 6; id += 1)
      await pool.query('SELECT name AS secret FROM person_of_pool WHERE name = $1', [SECRET]);
  };
  const off = await start(pool, {});
  await off.get(MetricsService).unitOfWork('job', repeat);
  const stats = off.get(PerformanceTracker).getStats();
  expect(stats.recentSlowQueries).toHaveLength(6);
  expect(JSON.stringify(stats)).not.toContain(SECRET);
  expect(stats.recentSlowQueries[0]).not.toHaveProperty('parameters');
  await off.close();

  const on = await start(pool);
  await on.get(MetricsService).unitOfWork('job', repeat);
  expect(parameters(on)).toEqual(Array.from({ length: 6 }, () => [SECRET]));
  await on.get(SlowQueryLog).flush();
  const elsewhere = [
    await on.get(MetricsService).collect(),
    JSON.stringify(await on.get(SlowQueryLog).recent()),
    JSON.stringify(on.get(PerformanceTracker).getStats().nPlusOnePatterns),
    JSON.stringify(warn.mock.calls),
  ];
  expect(elsewhere.every((text) => text.includes('secret') || text.includes('n_plus_one'))).toBe(true);
  expect(elsewhere.join('')).not.toContain(SECRET);
});

it('harm no query whose parameters cannot be read', async () => {
  const running = await start(pool);
  let reads = 0;
  const config = {
    text: 'SELECT 1',
    get values(): string[] {
      reads += 1;
      if (reads > 1) throw new Error('No more.');
      return [];
    },
  };
  await new Promise((resolve) => {
    pool.query(config as never, resolve);
  });
  expect((await pool.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
  expect(parameters(running)).toHaveLength(2);
});
