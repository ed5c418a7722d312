import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { MetricsService } from '../../src/index.js';
import { HyperMetricsTestingModule, readMetric } from '../../src/testing.js';
import { startPostgres } from '../support/postgres.js';

let server: EmbeddedPostgres;
let app: INestApplicationContext | undefined;

beforeAll(async () => {
  server = await startPostgres();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
});

afterAll(() => server.stop());

/** With a registry of its own. */
function start(): Promise<INestApplicationContext> {
  @Module({ imports: [HyperMetricsTestingModule.forRoot()] })
  class ApplicationModule {}

  return NestFactory.createApplicationContext(ApplicationModule, { logger: ['error'] });
}

/** A data source of a module that is loaded when the application runs. */
async function loadLazily(nest: INestApplicationContext): Promise<DataSource> {
  @Module({ imports: [TypeOrmModule.forRoot({ type: 'postgres', url: server.url, retryAttempts: 1 })] })
  class LateModule {}

  const late = await nest.get(LazyModuleLoader).load(() => LateModule);
  return late.get<DataSource>(getDataSourceToken(), { strict: false });
}

it('has the data source of a module that is loaded later watched from the next scrape on', async () => {
  app = await start();
  expect(await app.get(MetricsService).collect()).not.toContain('db_pool_total');

  const dataSource = await loadLazily(app);
  expect(await readMetric(app, 'hyperdjango_db_pool_total')).toBe(10);
  await dataSource.query('SELECT 1');
  expect(await readMetric(app, 'hyperdjango_db_queries_total')).toBe(1);
});

it('watches such a data source at once when the application names it', async () => {
  app = await start();
  const dataSource = await loadLazily(app);
  app.get(MetricsService).instrument(dataSource);
  await dataSource.query('SELECT 1');
  await dataSource.query('SELECT 1');
  expect(await readMetric(app, 'hyperdjango_db_queries_total')).toBe(2);
});
