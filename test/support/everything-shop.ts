import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { Counted, HyperMetricsModule, InFlight, Timed } from '../../src/index.js';
import { type RunningApplication, startApplication } from './platforms.js';

/** Every path of the shop: what each of its metrics is recorded by. */
const PATHS = ['/books', '/n-plus-one', '/leak', '/error', '/burst', '/failing-query', '/outgoing'];

/** An application with every option that adds a family, and with methods of every decorator. */
export class EverythingShop {
  private constructor(
    readonly application: RunningApplication,
    private readonly pool: Pool,
  ) {}

  static async start(connectionString: string): Promise<EverythingShop> {
    const pool = new Pool({ connectionString, max: 3 });
    await pool.query('CREATE TABLE books (id int PRIMARY KEY, title text)');
    await pool.query("INSERT INTO books SELECT id, 'A book' FROM generate_series(1, 100) AS id");

    @Controller()
    class BooksController {
      @Get('books')
      @Timed()
      @Counted()
      @InFlight()
      async list(): Promise<unknown> {
        return (await pool.query('SELECT * FROM books WHERE id > $1', [50])).rows;
      }

      @Get('n-plus-one')
      async repeat(): Promise<string> {
        for (let id = 1; id <= 6; id += 1) await pool.query('SELECT title FROM books WHERE id = $1', [id]);
        return 'repeated';
      }

      @Get('leak')
      async hold(): Promise<string> {
        const client = await pool.connect();
        await delay(60);
        client.release();
        return 'held';
      }

      @Get('error')
      fail(): never {
        throw new Error('An error on purpose.');
      }

      @Get('burst')
      async burst(): Promise<string> {
        await Promise.all(Array.from({ length: 10 }, () => pool.query('SELECT pg_sleep(0.01)')));
        return 'served';
      }

      @Get('outgoing')
      async callOthers(): Promise<string> {
        await fetch('http://127.0.0.1:9').catch(() => undefined);
        return 'called';
      }

      @Get('failing-query')
      async failQuery(): Promise<string> {
        await pool.query('SELECT 1 / 0').catch(() => undefined);
        return 'failed';
      }

      @Post('books')
      async add(): Promise<string> {
        await pool.query('INSERT INTO books (id) VALUES ($1) ON CONFLICT DO NOTHING', [1]);
        return 'added';
      }
    }

    @Injectable()
    class Jobs {
      @Interval('count books', 200)
      async count(): Promise<void> {
        await pool.query('SELECT count(*) FROM books');
      }
    }

    @Module({
      imports: [
        ScheduleModule.forRoot(),
        HyperMetricsModule.forRoot({
          registry: new Registry(),
          http: { sizes: true, handlers: true, exceptions: true },
          httpClient: true,
          exemplars: true,
          nativeHistograms: true,
          slo: { availability: 0.9, latency: { thresholdSeconds: 1, objective: 0.9 } },
          dataSources: [pool],
          pools: { perPool: true, leakThresholdMs: 50 },
          performance: { statements: true },
          queryTimer: { slowQueryLog: { explain: true } },
          healthChecker: { intervalSeconds: 1 },
          statementCache: true,
          cluster: true,
        }),
      ],
      controllers: [BooksController],
      providers: [Jobs],
    })
    class ShopModule {}
    return new EverythingShop(await startApplication('express', ShopModule), pool);
  }

  /** Each path once. */
  async visit(): Promise<void> {
    const { url } = this.application;
    for (const path of PATHS) await (await fetch(url + path)).arrayBuffer();
    await (await fetch(`${url}/books`, { method: 'POST', body: '{}' })).arrayBuffer();
  }

  async close(): Promise<void> {
    await this.application.close();
    await this.pool.end();
  }
}
