import 'reflect-metadata';
import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client, type Pool } from 'pg';
import { Registry } from 'prom-client';
import { concatMap, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const CONCURRENCY = 50;
const POOL_SIZE = 5;
const REPETITIONS = 30;
const PATIENCE = { timeoutMs: 60_000, intervalMs: 20 };

@Injectable()
class QueryingGuard implements CanActivate {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.dataSource.query('SELECT 1 AS guarded');
    return !context.switchToHttp().getRequest<{ url: string }>().url.includes('forbidden');
  }
}

/** Asks before the handler and after it. */
@Injectable()
class QueryingInterceptor implements NestInterceptor {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    await this.dataSource.query('SELECT 1 AS before');
    return next.handle().pipe(
      concatMap(async (answer) => {
        await this.dataSource.query('SELECT 1 AS after');
        return answer;
      }),
    );
  }
}

@Controller()
class ShopController {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  @Get('transaction')
  @UseGuards(QueryingGuard)
  async transaction(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1 AS outer');
      await manager.transaction((nested) => nested.query('SELECT 1 AS inner'));
    });
  }

  @Get('runner')
  async runner(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('CREATE TEMP TABLE kept (a int) ON COMMIT DROP');
    await runner.query('INSERT INTO kept VALUES ($1)', [1]);
    await runner.rollbackTransaction();
    await runner.release();
  }

  @Get('parallel')
  async parallel(): Promise<void> {
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map((id) =>
        this.dataSource.query('SELECT id AS parallel FROM item WHERE id = $1', [id]),
      ),
    );
  }

  @Get('pool')
  async pool(): Promise<void> {
    const pool = (this.dataSource.driver as unknown as { master: Pool }).master;
    await new Promise((resolve) => {
      pool.query('SELECT 1 AS first', () => pool.query('SELECT $1::int AS second', [2], resolve));
    });
    await pool.query('SELECT 1 AS third');
    const client = await pool.connect();
    await Promise.all([client.query('SELECT 1 AS fourth'), client.query('SELECT 1 AS fifth')]);
    client.release();
  }

  @Get('stream')
  async stream(): Promise<number> {
    const runner = this.dataSource.createQueryRunner();
    let sum = 0;
    for await (const { n } of await runner.stream('SELECT n FROM generate_series(1, 500) n'))
      sum += n as number;
    await runner.release();
    await this.dataSource.query('SELECT 1 AS streamed');
    return sum;
  }

  @Post('body')
  @UseInterceptors(QueryingInterceptor)
  async body(@Body() body: { title: string }): Promise<unknown> {
    return this.dataSource.query('SELECT $1::text AS title', [body.title]);
  }

  /** Two patterns; the third has one read less than the threshold. */
  @Get('repeated/:id')
  async repeated(): Promise<void> {
    const read = (text: string, values: number[] = []) => this.dataSource.query(text, values);
    for (let id = 0; id < 7; id += 1) await read('SELECT id AS seven FROM item WHERE id = $1', [id]);
    for (let id = 0; id < 5; id += 1) await read(`SELECT id AS five FROM item WHERE id = ${id}`);
    for (let id = 0; id < 4; id += 1) await read('SELECT id AS four FROM item WHERE id = $1', [id]);
  }

  @Get('forbidden')
  @UseGuards(QueryingGuard)
  forbidden(): void {}

  @Get('broken')
  async broken(): Promise<void> {
    await this.dataSource.query('SELECT 1 AS broken');
    throw new Error('It is broken.');
  }
}

interface Kind {
  readonly path: string;
  readonly status: number;
  /** Statements that one request sends, those of transaction control included. */
  readonly queries: number;
  readonly findings?: number;
}

const KINDS: readonly Kind[] = [
  { path: 'transaction', status: 200, queries: 7 },
  { path: 'runner', status: 200, queries: 4 },
  { path: 'parallel', status: 200, queries: 6, findings: 1 },
  { path: 'pool', status: 200, queries: 5 },
  { path: 'stream', status: 200, queries: 2 },
  { path: 'body', status: 201, queries: 3 },
  { path: 'repeated/:id', status: 200, queries: 16, findings: 2 },
  { path: 'forbidden', status: 403, queries: 1 },
  { path: 'broken', status: 500, queries: 1 },
  { path: 'missing', status: 404, queries: 0 },
];

let server: ControlledPostgres;
let url: string;
beforeAll(async () => {
  server = await ControlledPostgres.start();
  await server.query('ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements');
  await server.query('ALTER SYSTEM SET pg_stat_statements.track_utility = on');
  await server.shutDown();
  await server.startAgain();
  await server.query('CREATE EXTENSION pg_stat_statements');
  // Of its own, so that the test's questions are told from the application's.
  await server.query('CREATE DATABASE shop');
  url = Object.assign(new URL(server.url), { pathname: '/shop' }).href;
  const shop = new Client({ connectionString: url });
  await shop.connect();
  await shop.query('CREATE TABLE item (id int)');
  await shop.end();
});
afterAll(() => server.stop());

async function callsSeenByServer(): Promise<number> {
  const [row] = await server.query<{ calls: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'shop')`,
  );
  return row?.calls ?? Number.NaN;
}

async function sendAll(application: RunningApplication): Promise<void> {
  const waiting = Array.from({ length: REPETITIONS }, () => KINDS).flat();
  const client = async (): Promise<void> => {
    for (let kind = waiting.pop(); kind !== undefined; kind = waiting.pop()) {
      const isPost = kind.path === 'body';
      const response = await fetch(`${application.url}/${kind.path.replace(':id', String(waiting.length))}`, {
        method: isPost ? 'POST' : 'GET',
        ...(isPost && {
          body: JSON.stringify({ title: 'Momo'.repeat(5_000) }),
          headers: { 'content-type': 'application/json' },
        }),
      });
      await response.text();
      expect([kind.path, response.status]).toEqual([kind.path, kind.status]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
}

describe.each(PLATFORMS)('300 requests at concurrency 50 over a pool of 5 on %s', (platform) => {
  it('have exact counts of queries and of N+1 findings, and the server has seen as many', async () => {
    @Module({
      controllers: [ShopController],
      providers: [QueryingGuard, QueryingInterceptor],
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url, extra: { max: POOL_SIZE } }),
        HyperMetricsModule.forRoot({
          registry: new Registry(),
          runtimeMetrics: false,
          healthChecker: false,
          prefix: 'x_',
        }),
      ],
    })
    class ShopModule {}
    const application = await startApplication(platform, ShopModule);
    try {
      await server.query('SELECT pg_stat_statements_reset()');
      const metrics = application.app.get(MetricsService);
      const value = (name: string, labels = {}) => metrics.getValue(`x_${name}`, labels);
      const before = await value('db_queries_total');

      await sendAll(application);
      const requests = KINDS.length * REPETITIONS;
      const areRecorded = async () => (await value('db_queries_per_request_count')) === requests;
      expect(await poll(areRecorded, PATIENCE)).toBe(true);

      const queries = KINDS.reduce((sum, kind) => sum + kind.queries, 0) * REPETITIONS;
      expect(await callsSeenByServer()).toBe(queries);
      expect((await value('db_queries_total'))! - before!).toBe(queries);
      expect(await value('db_queries_per_request_sum')).toBe(queries);
      expect(await value('db_avg_queries_per_request')).toBeCloseTo(queries / requests, 12);
      expect(await value('http_requests_total', { method: 'GET', status: '404' })).toBe(REPETITIONS);

      const bounds = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500];
      const counts = await Promise.all(
        bounds.map((bound) => value('db_queries_per_request_bucket', { le: String(bound) })),
      );
      expect(counts).toEqual(
        bounds.map((bound) => KINDS.filter((kind) => kind.queries <= bound).length * REPETITIONS),
      );

      const findings = KINDS.reduce((sum, kind) => sum + (kind.findings ?? 0), 0) * REPETITIONS;
      expect(await value('n_plus_one_total')).toBe(findings);
      for (const kind of KINDS) {
        const route = kind.path === 'missing' ? '<unmatched>' : `/${kind.path}`;
        expect([route, await value('n_plus_one_by_route_total', { route })]).toEqual([
          route,
          kind.findings === undefined ? undefined : kind.findings * REPETITIONS,
        ]);
      }
    } finally {
      await application.close();
    }
  });
});
