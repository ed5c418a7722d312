import 'reflect-metadata';
import {
  type CanActivate,
  Controller,
  Get,
  Inject,
  Injectable,
  type INestApplication,
  Module,
  Post,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client, type Pool } from 'pg';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import {
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
  NPlusOneError,
  PerformanceTracker,
} from '../../src/index.js';
import { PLATFORMS, type Platform } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';

const CONCURRENCY = 50;
const REPETITIONS = 50;
const SECRET = 'a secret of the caller';

let server: Awaited<ReturnType<typeof startPostgres>>;
let app: INestApplication | undefined;
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  vi.restoreAllMocks();
});
afterAll(() => server.stop());

@Injectable()
class QueryingGuard implements CanActivate {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async canActivate(): Promise<boolean> {
    await this.dataSource.query('SELECT 1 AS guarded');
    return true;
  }
}

@Controller()
class ShopController {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** Guard, two statements of transaction control, two reads. */
  @Get('transaction')
  @UseGuards(QueryingGuard)
  async transaction(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT 2 AS a');
      await manager.query('SELECT 3 AS b');
    });
  }

  @Get('parallel')
  async parallel(): Promise<void> {
    await Promise.all(
      [1, 2, 3].map((value) => this.dataSource.query(`SELECT $1::int AS p${value}`, [value])),
    );
  }

  @Get('repeated/:id')
  async repeated(): Promise<void> {
    for (let id = 0; id < 7; id += 1) {
      await this.dataSource.query(`SELECT $1::text AS name, '${SECRET}' AS secret, ${id} AS id`, [SECRET]);
    }
  }

  /** One less than the threshold, and writes. */
  @Get('harmless')
  async harmless(): Promise<void> {
    for (let id = 0; id < 4; id += 1) {
      await this.dataSource.query('SELECT $1::int AS few', [id]);
    }
    for (let id = 0; id < 6; id += 1) {
      await this.dataSource.query('DELETE FROM pg_temp.nothing WHERE false').catch(() => {});
    }
  }

  @Get('callbacks')
  async callbacks(): Promise<void> {
    const pool = (this.dataSource.driver as unknown as { master: Pool }).master;
    await new Promise((resolve) => {
      pool.query('SELECT 4 AS first', () => pool.query('SELECT 5 AS second', resolve));
    });
  }

  @Post('body')
  async body(): Promise<void> {
    await this.dataSource.query('SELECT 6 AS body');
  }
}

async function start(platform: Platform, options: HyperMetricsOptions = {}): Promise<INestApplication> {
  @Module({
    controllers: [ShopController],
    providers: [QueryingGuard],
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: server.url, extra: { max: 5 } }),
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        healthChecker: false,
        ...options,
      }),
    ],
  })
  class ShopModule {}
  app =
    platform === 'fastify'
      ? await NestFactory.create(ShopModule, new FastifyAdapter(), { logger: ['error', 'warn'] })
      : await NestFactory.create(ShopModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Statements that each request sends, those of the guard and of transaction control included. */
const STATEMENTS: Readonly<Record<string, number>> = {
  transaction: 5,
  parallel: 3,
  'repeated/1': 7,
  harmless: 10,
  callbacks: 2,
  body: 1,
};

async function requestAll(url: string): Promise<void> {
  const waiting = Array.from({ length: REPETITIONS }, () => Object.keys(STATEMENTS)).flat();
  const client = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const isBody = path === 'body';
      const response = await fetch(`${url}/${path}`, {
        method: isBody ? 'POST' : 'GET',
        ...(isBody && { body: '{"title":"Momo"}', headers: { 'content-type': 'application/json' } }),
      });
      expect(response.status).toBe(isBody ? 201 : 200);
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
}

/** A request is recorded a moment after its client has the answer. */
async function valueOf(application: INestApplication, name: string, labels = {}): Promise<number> {
  return (await application.get(MetricsService).getValue(`hyperdjango_${name}`, labels)) ?? Number.NaN;
}

describe.each(PLATFORMS)('the queries of requests on %s', (platform) => {
  it('are counted for the request that sent each, at concurrency 50 over a pool of 5', async () => {
    // Before the clients are hooked; what the start sends is none of ours.
    const sent = vi.spyOn(Client.prototype, 'query');
    const application = await start(platform);
    sent.mockClear();
    const total = Object.values(STATEMENTS).reduce((sum, count) => sum + count, 0) * REPETITIONS;
    const requests = Object.keys(STATEMENTS).length * REPETITIONS;

    await requestAll(await application.getUrl());
    const recorded = async (): Promise<boolean> =>
      (await valueOf(application, 'db_queries_per_request_count')) === requests;
    expect(await poll(recorded, { timeoutMs: 5_000, intervalMs: 20 })).toBe(true);

    expect(sent).toHaveBeenCalledTimes(total);
    expect(await valueOf(application, 'db_queries_total')).toBe(total);
    expect(await valueOf(application, 'db_queries_per_request_sum')).toBe(total);
    expect(await valueOf(application, 'db_avg_queries_per_request')).toBeCloseTo(total / requests, 9);
    for (const bound of [0, 1, 2, 3, 5, 10, 20]) {
      const within = Object.values(STATEMENTS).filter((count) => count <= bound).length * REPETITIONS;
      const labels = { le: String(bound) };
      expect([bound, await valueOf(application, 'db_queries_per_request_bucket', labels)]).toEqual([
        bound,
        within,
      ]);
    }
    expect(await valueOf(application, 'n_plus_one_total')).toBe(REPETITIONS);
    const found = await valueOf(application, 'n_plus_one_by_route_total', { route: '/repeated/:id' });
    expect(found).toBe(REPETITIONS);
  });

  it('have one warning for a repeated read, with its place in the code and no value', async () => {
    const application = await start(platform);
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const url = await application.getUrl();
    for (let number = 0; number < 3; number += 1) await (await fetch(`${url}/repeated/1`)).text();
    const tracker = application.get(PerformanceTracker);
    const stats = () => tracker.getStats();
    expect(await poll(() => stats().nPlusOne === 3, { timeoutMs: 5_000, intervalMs: 20 })).toBe(true);
    const warnings = output.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('N+1'));
    output.mockRestore();

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('/repeated/:id read 7 times: SELECT ?::text AS name, ? AS secret, ? AS id');
    expect(warnings[0]).toMatch(/from test\/integration\/performance-requests\.test\.ts:\d+:\d+/);
    expect(warnings[0] + JSON.stringify(stats())).not.toContain(SECRET);
    expect(stats().nPlusOnePatterns).toMatchObject([{ route: '/repeated/:id', findings: 3, maxReads: 7 }]);
  });

  it('are in a Server-Timing header when that is asked for, and only then', async () => {
    const timed = await start(platform, { http: { serverTiming: true } });
    const response = await fetch(`${await timed.getUrl()}/parallel`);
    expect(response.headers.get('server-timing')).toMatch(/^db;dur=\d+\.\d;desc="3 queries"$/);
    await timed.close();
    const untimed = await start(platform);
    expect((await fetch(`${await untimed.getUrl()}/parallel`)).headers.has('server-timing')).toBe(false);
  });

  it('are not counted with `performance: false`', async () => {
    const application = await start(platform, { performance: false });
    await fetch(`${await application.getUrl()}/repeated/1`);
    const text = await application.get(MetricsService).collect();
    expect(text).toContain('hyperdjango_db_query_duration_ms_total');
    expect(text).not.toMatch(/n_plus_one|db_queries_total|per_request/);
  });
});

describe('a unit of work', () => {
  const readTimes = async (application: INestApplication, times: number): Promise<void> => {
    for (let id = 0; id < times; id += 1) {
      await application.get(DataSource).query('SELECT $1::int AS read_by_job', [id]);
    }
  };

  it('has its findings under its name, and is no request', async () => {
    const application = await start('express');
    const metrics = application.get(MetricsService);
    expect(await metrics.unitOfWork('nightly report', () => readTimes(application, 5))).toBeUndefined();
    await metrics.unitOfWork('small job', () => readTimes(application, 4));

    expect(await valueOf(application, 'n_plus_one_by_route_total', { route: 'nightly report' })).toBe(1);
    expect(await valueOf(application, 'n_plus_one_total')).toBe(1);
    expect(await valueOf(application, 'db_queries_per_request_count')).toBe(0);
    expect(await valueOf(application, 'db_avg_queries_per_request')).toBe(0);
    expect(await valueOf(application, 'db_queries_total')).toBe(9);
  });

  it('passes on what its work throws', async () => {
    const application = await start('express');
    const failure = new Error('The printer is out of paper.');
    const work = application.get(MetricsService).unitOfWork('printing', () => Promise.reject(failure));
    await expect(work).rejects.toBe(failure);
  });

  it('fails by its repeated reads with failOnNPlusOne', async () => {
    const application = await start('express', { performance: { failOnNPlusOne: true } });
    const metrics = application.get(MetricsService);
    await expect(metrics.unitOfWork('report', () => readTimes(application, 5))).rejects.toThrow(
      NPlusOneError,
    );
    await expect(metrics.unitOfWork('report', () => readTimes(application, 4))).resolves.toBeUndefined();
  });
});
