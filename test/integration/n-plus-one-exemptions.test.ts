import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
  NPlusOneError,
  PerformanceTracker,
  PoolTracker,
} from '../../src/index.js';
import { HyperMetricsTestingModule } from '../../src/testing.js';
import { LogLines } from '../support/log-lines.js';
import { openPool } from '../support/open-pool.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';

const READS = 6;
const BOOK = 'SELECT * FROM exempt_book WHERE id = ?';
const AUTHOR = 'SELECT * FROM exempt_author WHERE id = ?';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
let running: RunningApplication | undefined;
const log = new LogLines();

beforeAll(async () => {
  server = await startPostgres();
  pool = openPool(server.url, { max: 2 });
  await pool.query('CREATE TABLE exempt_book (id int)');
  await pool.query('CREATE TABLE exempt_author (id int)');
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  log.lines.length = 0;
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

async function read(table: 'book' | 'author', times = READS): Promise<void> {
  for (let id = 1; id <= times; id += 1) {
    await pool.query(`SELECT * FROM exempt_${table} WHERE id = $1`, [id]);
  }
}

@Controller('reads')
class ReadsController {
  constructor(@Inject(MetricsService) private readonly metrics: MetricsService) {}

  @Get('both')
  async both(): Promise<void> {
    await read('book');
    await read('author');
  }

  @Get('allowed')
  async allowed(): Promise<number> {
    await read('author', 4);
    return this.metrics.allowRepeatedReads(async () => {
      await this.both();
      return 42;
    });
  }

  /** At the same time, one piece of code is allowed to repeat reads, and the other is not. */
  @Get('beside')
  async beside(): Promise<void> {
    await Promise.all([this.metrics.allowRepeatedReads(() => read('book')), read('author')]);
  }

  @Get('callbacks')
  async callbacks(): Promise<void> {
    const readNext = (left: number, done: () => void): void => {
      if (left === 0) done();
      else pool.query('SELECT * FROM exempt_book WHERE id = $1', [left], () => readNext(left - 1, done));
    };
    await new Promise<void>((resolve) => {
      this.metrics.allowRepeatedReads(() => readNext(READS, resolve));
    });
  }
}

async function start(
  performance: HyperMetricsOptions['performance'] = {},
  platform: (typeof PLATFORMS)[number] = 'express',
): Promise<RunningApplication> {
  @Module({
    imports: [
      HyperMetricsTestingModule.forRoot({
        dataSources: [pool],
        performance,
        healthChecker: false,
        prefix: 'x_',
      }),
    ],
    controllers: [ReadsController],
  })
  class ReadsModule {}
  running = await startApplication(platform, ReadsModule, undefined, { logger: log });
  return running;
}

async function visit({ app, url }: RunningApplication, path: string): Promise<string> {
  const tracker = app.get(PerformanceTracker);
  const { requests } = tracker.getStats();
  const text = await (await fetch(`${url}/reads/${path}`)).text();
  await until('the request', () => tracker.getStats().requests === requests + 1);
  return text;
}

async function findings({ app }: RunningApplication) {
  const metrics = app.get(MetricsService);
  const { nPlusOne, nPlusOneExempt, nPlusOnePatterns } = app.get(PerformanceTracker).getStats();
  expect(await metrics.getValue('x_n_plus_one_total')).toBe(nPlusOne);
  const warned = log.lines.filter((line) => line.startsWith('N+1 queries')).length;
  expect(warned).toBe(nPlusOnePatterns.length);
  return {
    exempt: nPlusOneExempt,
    reported: nPlusOnePatterns.map(({ route, fingerprint, maxReads }) => [route, fingerprint, maxReads]),
  };
}

describe('performance.nPlusOneIgnore', () => {
  it.each<
    [
      NonNullable<Exclude<HyperMetricsOptions['performance'], boolean>>['nPlusOneIgnore'] & object,
      readonly string[],
    ]
  >([
    [[], [BOOK, AUTHOR]],
    [['/reads/both'], []],
    [['GET /reads/both'], []],
    [
      ['POST /reads/both', '/reads'],
      [BOOK, AUTHOR],
    ],
    [[/^\/reads\//gy], []],
    [[BOOK], [AUTHOR]],
    [[/exempt_author/g, 'SELECT'], [BOOK]],
    [[/exempt_author/, /exempt_book/y, BOOK], []],
  ])('%j leaves the findings %j', async (nPlusOneIgnore, fingerprints) => {
    const application = await start({ nPlusOneIgnore });
    for (let request = 1; request <= 2; request += 1) {
      await visit(application, 'both');
      expect(await findings(application)).toEqual({
        exempt: request * (2 - fingerprints.length),
        reported: fingerprints.map((fingerprint) => ['/reads/both', fingerprint, READS]),
      });
    }
  });

  it('is of units of work, too, and no error with failOnNPlusOne', async () => {
    const { app } = await start({ failOnNPlusOne: true, nPlusOneIgnore: ['import', /exempt_book/] });
    const metrics = app.get(MetricsService);
    await metrics.unitOfWork('import', () => read('author'));
    await metrics.unitOfWork('report', () => read('book'));
    const both = metrics.unitOfWork('report', async () => {
      await read('book');
      await read('author');
    });
    await expect(both).rejects.toThrow(NPlusOneError);
    await expect(both).rejects.not.toThrow('exempt_book');
    expect(app.get(PerformanceTracker).getStats()).toMatchObject({ nPlusOne: 1, nPlusOneExempt: 3 });
  });

  it('fails at the start when a rule is no text and no pattern', () => {
    expect(() => HyperMetricsModule.forRoot({ performance: { nPlusOneIgnore: [''] } })).toThrow(
      "performance.nPlusOneIgnore is [ '' ]; allowed: an array of non-empty strings and regular expressions",
    );
  });
});

describe.each(PLATFORMS)('MetricsService.allowRepeatedReads() on %s', (platform) => {
  it('exempts the reads of a piece of code, and no others', async () => {
    const application = await start({}, platform);
    expect(await visit(application, 'allowed')).toBe('42');
    // Four reads before it and six in it are two things.
    expect(await findings(application)).toEqual({ exempt: 2, reported: [] });
    await visit(application, 'beside');
    expect(await findings(application)).toEqual({ exempt: 3, reported: [['/reads/beside', AUTHOR, READS]] });
    await visit(application, 'callbacks');
    expect(await findings(application)).toMatchObject({ exempt: 4, reported: [expect.anything()] });
  });

  it('leaves all other numbers as they are', async () => {
    const application = await start({}, platform);
    await visit(application, 'allowed');
    const metrics = application.app.get(MetricsService);
    const queries = 4 + 2 * READS;
    expect(await metrics.getValue('x_db_queries_per_request_sum')).toBe(queries);
    expect(await metrics.getValue('x_db_queries_total')).toBe(queries);
    expect(await metrics.getValue('x_db_route_queries_total', { route: '/reads/allowed' })).toBe(queries);
  });
});

describe('MetricsService.allowRepeatedReads()', () => {
  it('exempts in units of work, nested ones by themselves, and fails none with failOnNPlusOne', async () => {
    const { app } = await start({ failOnNPlusOne: true });
    const metrics = app.get(MetricsService);
    const exempt = (): number => app.get(PerformanceTracker).getStats().nPlusOneExempt;
    await metrics.unitOfWork('job', () =>
      metrics.allowRepeatedReads(async () => {
        await read('book', 4);
        await metrics.allowRepeatedReads(() => read('book', 2));
        await delay(1);
        await read('author');
      }),
    );
    expect(exempt()).toBe(2);
    await metrics.unitOfWork('outer', () =>
      metrics.allowRepeatedReads(async () => {
        await expect(metrics.unitOfWork('inner', () => read('book'))).rejects.toThrow(
          'inner repeated reads (failOnNPlusOne):',
        );
      }),
    );
    expect(exempt()).toBe(2);
    expect(app.get(PerformanceTracker).getStats().nPlusOne).toBe(1);
  });

  it('is only a call outside of units of work, and with performance: false', async () => {
    const { app } = await start();
    expect(await app.get(MetricsService).allowRepeatedReads(() => read('book'))).toBeUndefined();
    expect(app.get(PerformanceTracker).getStats()).toMatchObject({ nPlusOne: 0, nPlusOneExempt: 0 });
    await running?.close();
    const application = await start(false);
    expect(await (await fetch(`${application.url}/reads/allowed`)).text()).toBe('42');
  });

  it('has the name of its unit of work where a connection is held', async () => {
    const { app } = await start();
    const metrics = app.get(MetricsService);
    await metrics.unitOfWork('job', () =>
      metrics.allowRepeatedReads(async () => {
        const client = await pool.connect();
        expect(app.get(PoolTracker).getStats().held).toMatchObject([{ route: 'job' }]);
        client.release();
      }),
    );
  });
});
