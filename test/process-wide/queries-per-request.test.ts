import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { get } from 'node:http';
import { Controller, Get, Inject, Module, Sse } from '@nestjs/common';
import { Registry } from 'prom-client';
import { concatMap, type Observable, take, timer } from 'rxjs';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
  SlowQueryLog,
} from '../../src/index.js';
import { RequestScope } from '../../src/request-scope/request-scope.js';
import { parseExposition } from '../support/parse-exposition.js';
import { PLATFORMS, type Platform, type RunningApplication, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { type Gate, ServerView, uniqueApplicationName, until } from '../support/watched-database.js';

const GATE = Symbol('gate');
const TABLE = 'slow_queries_beside_requests';

let server: Awaited<ReturnType<typeof startPostgres>>;
let view: ServerView;
let dataSource: DataSource;
let gate: Gate;
let name: string;
const running: RunningApplication[] = [];

beforeAll(async () => {
  server = await startPostgres();
  view = await ServerView.open(server.url);
});
beforeEach(async () => {
  name = uniqueApplicationName();
  dataSource = await new DataSource({
    type: 'postgres',
    url: server.url,
    applicationName: name,
    extra: { max: 5 },
  }).initialize();
  await dataSource.query('CREATE TABLE IF NOT EXISTS read_again (id int)');
  gate = await view.closeGate();
});
afterEach(async () => {
  await gate.open();
  await Promise.all(running.splice(0).map((application) => application.close()));
  await dataSource.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await dataSource.destroy();
});
afterAll(async () => {
  await view.close();
  await server.stop();
});

@Controller()
class PagesController {
  constructor(
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(MetricsService) private readonly metrics: MetricsService,
    @Inject(GATE) private readonly statement: string,
  ) {}

  private async read(times: number): Promise<void> {
    for (let id = 0; id < times; id += 1) {
      await this.database.query('SELECT id FROM read_again WHERE id = $1', [id]);
    }
  }

  @Get('reads')
  reads(): Promise<void> {
    return this.read(5);
  }

  @Get('writes')
  async writes(): Promise<void> {
    const runner = this.database.createQueryRunner();
    await runner.query('CREATE TEMPORARY TABLE IF NOT EXISTS written (id int)');
    for (let id = 0; id < 6; id += 1) {
      await runner.query('INSERT INTO written VALUES ($1)', [id]);
    }
    await runner.release();
  }

  @Get('ignored')
  ignored(): Promise<void> {
    return this.read(5);
  }

  @Get('failing')
  async failing(): Promise<string> {
    await this.database.query('SELECT 1 / 0').catch(() => {});
    await this.database.transaction((manager) => manager.query('nonsense')).catch(() => {});
    return 'It goes on.';
  }

  /** One statement that ends when the test lets it, and one after it. */
  @Get('waits')
  async waits(): Promise<void> {
    await this.database.query('SELECT 1');
    await this.database.query(this.statement);
    await this.database.query('SELECT 2');
  }

  /** Answers at once. */
  @Get('leaves-running')
  leavesRunning(): string {
    void this.waits();
    return 'done';
  }

  /** A read for each row, from a listener. */
  @Get('listener')
  async listener(): Promise<void> {
    const runner = this.database.createQueryRunner();
    const stream = await runner.stream('SELECT n FROM generate_series(1, 3) n');
    const reads: Promise<unknown>[] = [];
    stream.on('data', () => reads.push(this.database.query('SELECT 1 AS of_row')));
    await once(stream, 'end');
    await Promise.all(reads);
    await runner.release();
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return timer(0, 5).pipe(
      take(3),
      concatMap(async (number) => {
        await this.database.query(`SELECT 1 AS event_${['a', 'b', 'c'][number]}`);
        return { data: String(number) };
      }),
    );
  }

  @Get('unit')
  async unit(): Promise<void> {
    await this.read(1);
    await this.metrics.unitOfWork('outer', async () => {
      await this.read(4);
      await this.metrics.unitOfWork('inner', () => this.read(5));
    });
    await this.read(1);
  }
}

async function start(
  platform: Platform,
  options: HyperMetricsOptions = {},
): Promise<RunningApplication & { value: MetricsService['getValue'] }> {
  @Module({
    controllers: [PagesController],
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: GATE, useValue: gate.statement },
    ],
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        healthChecker: false,
        prefix: 'x_',
        ...options,
      }),
    ],
  })
  class PagesModule {}
  // The data source is the test's, which closes it.
  const application = await startApplication(platform, PagesModule);
  running.push(application);
  const metrics = application.app.get(MetricsService);
  return { ...application, value: (sample, labels) => metrics.getValue(`x_${sample}`, labels) };
}

type Started = Awaited<ReturnType<typeof start>>;

async function visit(application: Started, path: string): Promise<void> {
  await (await fetch(`${application.url}/${path}`)).text();
}

/** Waits for so many requests: one is recorded a moment after its client has the answer. The sums over routes are the totals. */
async function countsOf({ app, value }: Started, requests: number) {
  const read = async (sample: string) => (await value(sample)) ?? Number.NaN;
  await until(`${requests} requests`, async () => (await read('db_queries_per_request_count')) >= requests);
  expect(await read('db_queries_per_request_count')).toBe(requests);
  const { samples } = parseExposition(await app.get(MetricsService).collect());
  const sum = (sample: string): number =>
    samples.reduce((total, { name: own, value: count }) => total + (own === `x_${sample}` ? count : 0), 0);
  expect(sum('db_route_queries_total')).toBe(sum('db_queries_total'));
  expect(sum('db_route_query_seconds_total')).toBeCloseTo(sum('db_query_duration_ms_total') / 1000, 9);
  expect(sum('db_route_acquire_seconds_total')).toBeCloseTo(sum('db_pool_acquire_duration_seconds_sum'), 9);
  const inRequests = await read('db_queries_per_request_sum');
  expect(await read('db_avg_queries_per_request')).toBe(requests === 0 ? 0 : inRequests / requests);
  return { inRequests, queries: await read('db_queries_total'), found: await read('n_plus_one_total') };
}

describe.each(PLATFORMS)('queries on %s', (platform) => {
  it('outside of requests count as queries, and the average is 0 before the first request', async () => {
    const application = await start(platform);
    for (let id = 0; id < 6; id += 1) await dataSource.query('SELECT $1::int', [id]);
    expect(await countsOf(application, 0)).toMatchObject({ inRequests: 0, queries: 6, found: 0 });
  });

  it('of ignored requests and of scrapes count as queries, and for no request', async () => {
    const application = await start(platform, { http: { ignore: ['/ignored'] } });
    await visit(application, 'ignored');
    await visit(application, 'metrics');
    await visit(application, 'reads');
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 5, queries: 10, found: 1 });
    expect(await application.value('n_plus_one_by_route_total', { route: '/reads' })).toBe(1);
    expect(await application.value('db_route_queries_total', { route: '/reads' })).toBe(5);
    expect(await application.value('db_route_queries_total', { route: '<background>' })).toBe(5);
  });

  it('that write are counted, and are no finding however often they are repeated', async () => {
    const application = await start(platform);
    await visit(application, 'writes');
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 7, queries: 7, found: 0 });
  });

  it('that fail, and those of transactions that fail, count', async () => {
    const application = await start(platform);
    await visit(application, 'failing');
    // SELECT, START TRANSACTION, nonsense, ROLLBACK
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 4, queries: 4, found: 0 });
  });

  it('of requests without any count as none', async () => {
    const application = await start(platform);
    await visit(application, 'nowhere');
    await visit(application, 'reads');
    expect(await countsOf(application, 2)).toMatchObject({ inRequests: 5 });
    expect(await application.value('db_queries_per_request_bucket', { le: '0' })).toBe(1);
  });

  it('that began before the client left count for its request, later ones only as queries', async () => {
    const application = await start(platform);
    const request = get(`${application.url}/waits`);
    request.on('error', () => {});
    await view.untilActive(name, 1);
    request.destroy();
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 2, queries: 1 });
    expect(await application.value('http_requests_total', { method: 'GET', status: '499' })).toBe(1);

    await gate.open();
    await until('the last query', async () => (await application.value('db_queries_total')) === 3);
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 2, queries: 3 });
  });

  it('that a request leaves running are lost for none but the request', async () => {
    const application = await start(platform);
    await visit(application, 'leaves-running');
    await view.untilActive(name, 1);
    await gate.open();
    await until('the last query', async () => (await application.value('db_queries_total')) === 3);
    // The first of them may have been sent before the answer was.
    const counted = (await application.value('db_queries_per_request_sum')) ?? Number.NaN;
    expect(counted).toBeLessThanOrEqual(2);
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: counted, queries: 3 });
  });

  it('of an event stream count for one request, at its end', async () => {
    const application = await start(platform);
    await visit(application, 'events');
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 3, queries: 3, found: 0 });
  });

  it('sent by listeners of a stream count for the request', async () => {
    const application = await start(platform);
    await visit(application, 'reads');
    await visit(application, 'listener');
    expect(await countsOf(application, 2)).toMatchObject({ inRequests: 9, queries: 9 });
  });

  it('of units of work within a request count for the units', async () => {
    const application = await start(platform);
    await visit(application, 'unit');
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 2, queries: 11, found: 1 });
    expect(await application.value('n_plus_one_by_route_total', { route: 'inner' })).toBe(1);
    const ofRoute = (route: string) => application.value('db_route_queries_total', { route });
    expect([await ofRoute('/unit'), await ofRoute('outer'), await ofRoute('inner')]).toEqual([2, 4, 5]);
  });

  it('that are this library’s own never count: probes, and those of the slow-query log', async () => {
    const application = await start(platform, {
      healthChecker: { intervalSeconds: 0.02 },
      queryTimer: { thresholdMs: 0, slowQueryLog: { table: TABLE, flushIntervalSeconds: 60 } },
    });
    await visit(application, 'reads');
    const log = application.app.get(SlowQueryLog);
    // Not before the request has ended, and has a route.
    await log.flush();
    expect(await log.readStats()).toMatchObject({ queries: 5 });
    await log.slowest();
    await log.cleanup(1);
    await until(
      'five probes',
      async () => ((await application.value('db_pool_health_check_duration_seconds_count')) ?? 0) >= 5,
    );
    expect(await countsOf(application, 1)).toMatchObject({ inRequests: 5, queries: 5 });
    expect((await log.recent()).map(({ route }) => route)).toEqual(Array.from({ length: 5 }, () => '/reads'));
  });
});

describe.each(PLATFORMS)('scopes on %s', (platform) => {
  it.each<[string, HyperMetricsOptions]>([
    ['performance tracking is off', { performance: false }],
    ['everything is off', { enabled: false }],
    ['there is no data source', { dataSources: [] }],
  ])('are not opened where %s', async (_where, options) => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, 'run');
    try {
      const application = await start(platform, options);
      await visit(application, 'reads');
      await visit(application, 'unit');
      await visit(application, 'nowhere');
      const own = run.mock.calls.filter(([store]) => store === undefined || store instanceof RequestScope);
      expect(own).toEqual([]);
      expect(await application.value('db_queries_per_request_count')).toBeUndefined();
    } finally {
      run.mockRestore();
    }
  });
});

describe.each([
  ['express', 'express'],
  ['express', 'fastify'],
] as const)('two applications (%s and %s) on one data source', (first, second) => {
  it('with registries of their own count all queries, and requests and findings of their own', async () => {
    const one = await start(first);
    const other = await start(second);
    await Promise.all([
      visit(one, 'reads'),
      visit(one, 'reads'),
      visit(other, 'reads'),
      visit(other, 'unit'),
    ]);
    expect(await countsOf(one, 2)).toMatchObject({ inRequests: 10, queries: 26, found: 2 });
    expect(await countsOf(other, 2)).toMatchObject({ inRequests: 7, queries: 26, found: 2 });
    expect(await one.value('n_plus_one_by_route_total', { route: 'inner' })).toBeUndefined();
    expect(await one.value('db_route_queries_total', { route: '/reads' })).toBe(10);
    expect(await one.value('db_route_queries_total', { route: '<background>' })).toBe(16);
  });

  it('with one registry count everything once', async () => {
    const registry = new Registry();
    const one = await start(first, { registry });
    const other = await start(second, { registry });
    await Promise.all([
      visit(one, 'reads'),
      visit(one, 'reads'),
      visit(other, 'reads'),
      visit(other, 'unit'),
    ]);
    expect(await countsOf(one, 4)).toMatchObject({ inRequests: 17, queries: 26, found: 4 });
    expect(await one.value('n_plus_one_by_route_total', { route: '/reads' })).toBe(3);
    expect(await countsOf(other, 4)).toMatchObject({ inRequests: 17, queries: 26, found: 4 });
  });

  it('go on to count when the other has closed', async () => {
    const registry = new Registry();
    const one = await start(first, { registry });
    const other = await start(second, { registry });
    await visit(one, 'reads');
    expect(await countsOf(other, 1)).toMatchObject({});
    await one.close();
    await visit(other, 'reads');
    expect(await countsOf(other, 2)).toMatchObject({ inRequests: 10, queries: 10, found: 2 });
  });
});
