import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { PerformanceTracker } from '../../src/index.js';
import { HyperMetricsTestingModule, readMetric } from '../../src/testing.js';
import { lineAt } from '../support/line-at.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

const NEVER = '0 0 0 1 1 *';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>> | undefined;

beforeAll(async () => {
  server = await startPostgres();
  pool = openPool(server.url, { max: 2 });
  await pool.query('CREATE TABLE job_book (id int)');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

@Injectable()
class Jobs {
  constructor(@Inject('POOL') private readonly books: Pool) {}

  @Cron(NEVER, { name: 'stock report' })
  async report(): Promise<void> {
    for (let id = 1; id <= 6; id += 1) {
      await this.books.query('SELECT * FROM job_book WHERE id = $1', [id]); // the repeated read
    }
  }

  @Cron(NEVER)
  async once(): Promise<void> {
    await this.books.query('SELECT count(*) FROM job_book');
  }

  /** A query builder: its statement is sent when the scheduler awaits it. */
  @Cron(NEVER, { name: 'lazy' })
  lazily(): PromiseLike<unknown> {
    const { books } = this;
    // oxlint-disable-next-line unicorn/no-thenable
    return { then: (...handlers) => books.query('SELECT 1').then(...handlers) };
  }
}

@Module({
  imports: [HyperMetricsTestingModule.forRoot(), ScheduleModule.forRoot()],
  providers: [Jobs, { provide: 'POOL', useFactory: () => pool }],
})
class ApplicationModule {}

it('finds an N+1 inside of a job, with its line, and counts the queries of each job', async () => {
  app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
  const jobs = [...app.get(SchedulerRegistry).getCronJobs().values()];
  expect(jobs).toHaveLength(3);
  for (const job of jobs) await job.fireOnTick();
  await pool.query('SELECT 2');

  const nest = app;
  const queries = async (): Promise<Record<string, number | undefined>> => {
    const routes = ['job:stock report', 'job:Jobs.once', 'job:lazy', '<background>'];
    const values = routes.map((route) => readMetric(nest, 'hyperdjango_db_route_queries_total', { route }));
    return Object.fromEntries((await Promise.all(values)).map((value, index) => [routes[index], value]));
  };
  // The scheduler does not wait for the jobs.
  await expect
    .poll(queries)
    .toEqual({ 'job:stock report': 6, 'job:Jobs.once': 1, 'job:lazy': 1, '<background>': 1 });
  expect(await readMetric(app, 'hyperdjango_n_plus_one_by_route_total', { route: 'job:stock report' })).toBe(
    1,
  );

  const [finding] = app.get(PerformanceTracker).getStats().nPlusOnePatterns;
  expect(lineAt(finding?.location)).toContain('the repeated read');
});
