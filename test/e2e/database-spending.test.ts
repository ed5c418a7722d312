import 'reflect-metadata';
import { Controller, Delete, Get, Inject, Module, Param, ParseIntPipe, Post } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client } from 'pg';
import { Registry } from 'prom-client';
import { Column, DataSource, Entity, In, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { normalizeQuery } from '../../src/database/sql/query-fingerprint.js';
import { statementSummary } from '../../src/database/sql/statement-summary.js';
import { HyperMetricsModule, MetricsService, PerformanceTracker } from '../../src/index.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { parseExposition } from '../support/parse-exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const CONCURRENCY = 50;
const POOL_SIZE = 5;
const REPETITIONS = 30;
const PATIENCE = { timeoutMs: 60_000, intervalMs: 20 };

@Entity()
class Author {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') name!: string;
}

@Entity()
class Book {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') title!: string;
  @ManyToOne(() => Author, { nullable: false }) author!: Author;
}

@Controller('books')
class BooksController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(MetricsService) private readonly metrics: MetricsService,
  ) {}

  @Get()
  async list(): Promise<number> {
    const books = await this.dataSource.getRepository(Book).find({ relations: { author: true }, take: 20 });
    await this.dataSource.getRepository(Author).findBy({ id: In(books.map(({ author }) => author.id)) });
    return books.length;
  }

  @Post()
  async add(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const author = await manager.save(Author, { name: 'Ende' });
      await manager.insert(Book, [
        { title: 'Momo', author },
        { title: 'Jim', author },
      ]);
      await manager.transaction((nested) => nested.query('SELECT pg_sleep(0.002)'));
    });
  }

  /** Its query is in the unit of work; that of the request follows. */
  @Get('report')
  async report(): Promise<void> {
    await this.metrics.unitOfWork('nightly report', async () => {
      await this.dataSource.query(
        'WITH b AS (SELECT * FROM book) SELECT count(*) FROM b JOIN author a ON a.id = b."authorId"',
      );
    });
    await this.dataSource.query('SELECT count(*) FROM author');
  }

  /** Its first query ends after the response; the second is sent after it. */
  @Get('careless')
  async careless(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    await runner.connect();
    const sleep = (): Promise<unknown> => runner.query('SELECT pg_sleep(0.02)');
    void sleep()
      .then(sleep)
      .finally(() => void runner.release());
  }

  @Get('stream')
  async stream(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    for await (const _ of await runner.stream('SELECT * FROM book LIMIT 10')) {
    }
    await runner.release();
  }

  @Get(':id')
  async one(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.dataSource.getRepository(Book).findOneBy({ id });
  }

  @Delete(':id')
  async remove(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.dataSource.getRepository(Book).delete({ id });
    await this.dataSource.query(`UPDATE author SET name = 'x' WHERE id = ${id}`);
  }
}

interface Kind {
  readonly method?: string;
  readonly path: string;
  /** Queries that are counted for the route of one request. */
  readonly queries: number;
}

const KINDS: readonly Kind[] = [
  // With `take` and a join, the keys come first.
  { path: '/books', queries: 3 },
  // START TRANSACTION, INSERT, INSERT, SAVEPOINT, SELECT, RELEASE, COMMIT
  { method: 'POST', path: '/books', queries: 7 },
  { path: '/books/report', queries: 1 },
  { path: '/books/careless', queries: 1 },
  { path: '/books/stream', queries: 1 },
  { path: '/books/:id', queries: 1 },
  { method: 'DELETE', path: '/books/:id', queries: 2 },
  { path: '/missing', queries: 0 },
];

let server: ControlledPostgres;
let url: string;
beforeAll(async () => {
  server = await ControlledPostgres.start();
  await server.query('ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements');
  await server.shutDown();
  await server.startAgain();
  await server.query('CREATE EXTENSION pg_stat_statements');
  await server.query('CREATE DATABASE shop');
  url = Object.assign(new URL(server.url), { pathname: '/shop' }).href;
  const shop = new Client({ connectionString: url });
  await shop.connect();
  await shop.query('CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL)');
  await shop.query(
    'CREATE TABLE book (id serial PRIMARY KEY, title text NOT NULL, "authorId" int NOT NULL REFERENCES author)',
  );
  await shop.query(`INSERT INTO author VALUES (1000000, 'Lindgren')`);
  await shop.query(`INSERT INTO book VALUES (1000000, 'Ronja', 1000000)`);
  await shop.end();
});
afterAll(() => server.stop());

/** Names of savepoints are values for the server. */
const savepointsAlike = (fingerprint: string): string => fingerprint.replace(/typeorm_\d+/, '?');

async function callsSeenByServer(keyOf: (text: string) => string): Promise<Record<string, number>> {
  const rows = await server.query<{ query: string; calls: number }>(
    `SELECT query, calls::int AS calls FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'shop')`,
  );
  return sumsBy(rows.map(({ query, calls }) => [keyOf(query), calls]));
}

function sumsBy(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, value] of entries) {
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** The statements of TypeORM's start precede the server's reset. */
function since(start: Record<string, number>, now: Record<string, number>): Record<string, number> {
  const calls = Object.entries(now).map(([key, count]) => [key, count - (start[key] ?? 0)] as const);
  return Object.fromEntries(calls.filter(([, count]) => count > 0));
}

const total = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

async function sendAll(application: RunningApplication): Promise<void> {
  const waiting = Array.from({ length: REPETITIONS }, () => KINDS).flat();
  const client = async (): Promise<void> => {
    for (let kind = waiting.pop(); kind !== undefined; kind = waiting.pop()) {
      const { method = 'GET', path } = kind;
      const response = await fetch(application.url + path.replace(':id', String(waiting.length + 1)), {
        method,
      });
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
}

describe.each(PLATFORMS)('240 requests at concurrency 50 over a pool of 5 on %s', (platform) => {
  it('are counted by route and by statement, and the sums are the totals and those of the server', async () => {
    @Module({
      controllers: [BooksController],
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url, entities: [Author, Book], extra: { max: POOL_SIZE } }),
        HyperMetricsModule.forRoot({
          registry: new Registry(),
          runtimeMetrics: false,
          healthChecker: false,
          prefix: 'x_',
          performance: { statements: true, nPlusOneThreshold: 100 },
        }),
      ],
    })
    class ShopModule {}
    const application = await startApplication(platform, ShopModule);
    try {
      await server.query('SELECT pg_stat_statements_reset()');
      const metrics = application.app.get(MetricsService);
      const tracker = application.app.get(PerformanceTracker);
      const read = async (family: string, label?: string): Promise<Record<string, number>> => {
        const { samples } = parseExposition(await metrics.collect());
        const own = samples.filter(({ name }) => name === `x_${family}`);
        return sumsBy(
          own.map(({ labels, value }) => [label === undefined ? '' : (labels[label] ?? ''), value]),
        );
      };
      const callsByFingerprint = (): Record<string, number> =>
        sumsBy(
          tracker
            .getStats()
            .statements.map(({ fingerprint, calls }) => [savepointsAlike(fingerprint), calls]),
        );
      const atStart = {
        summaries: await read('db_statement_calls_total', 'statement'),
        fingerprints: callsByFingerprint(),
      };
      const background = setInterval(() => {
        void application.app.get(DataSource).query('SELECT 1 AS background');
      }, 5);
      await sendAll(application);
      clearInterval(background);

      const sent = REPETITIONS * KINDS.length;
      const sleeps = async () => (await callsSeenByServer((text) => text))['SELECT pg_sleep($1)'];
      expect(await poll(async () => (await sleeps()) === REPETITIONS * 3, PATIENCE)).toBe(true);
      expect(await poll(async () => total(await read('http_requests_total')) === sent, PATIENCE)).toBe(true);
      expect(await poll(async () => (await metrics.getValue('x_db_queries_in_flight')) === 0, PATIENCE)).toBe(
        true,
      );

      const routes = await read('db_route_queries_total', 'route');
      const queries = await metrics.getValue('x_db_queries_total');
      expect(total(routes)).toBe(queries);
      for (const path of new Set(KINDS.map((kind) => kind.path))) {
        const ofRoute = KINDS.filter((kind) => kind.path === path).reduce(
          (sum, kind) => sum + kind.queries,
          0,
        );
        expect([path, routes[path] ?? 0]).toEqual([path, ofRoute * REPETITIONS]);
      }
      expect(routes['nightly report']).toBe(REPETITIONS);
      expect(routes['<background>']).toBeGreaterThan(REPETITIONS);

      const seconds = await read('db_route_query_seconds_total', 'route');
      const durationMs = await metrics.getValue('x_db_query_duration_ms_total');
      expect(total(seconds)).toBeCloseTo(durationMs! / 1000, 9);
      expect(seconds['/books/careless']).toBeGreaterThan(REPETITIONS * 0.02);
      const waited = await read('db_route_acquire_seconds_total', 'route');
      const acquires = total(await read('db_pool_acquire_duration_seconds_sum'));
      expect(total(waited)).toBeCloseTo(acquires, 9);
      expect(waited['/books/:id']).toBeGreaterThan(0);

      const summaries = await read('db_statement_calls_total', 'statement');
      expect(total(summaries)).toBe(queries);
      expect(total(await read('db_statement_seconds_total', 'statement'))).toBeCloseTo(durationMs! / 1000, 9);
      expect(await callsSeenByServer((text) => statementSummary(text) ?? 'other')).toEqual(
        since(atStart.summaries, summaries),
      );
      expect(await callsSeenByServer((text) => normalizeQuery(text))).toEqual(
        since(atStart.fingerprints, callsByFingerprint()),
      );
      for (const { calls, routes: from } of tracker.getStats().statements) {
        expect(from.reduce((sum, route) => sum + route.calls, 0)).toBe(calls);
      }
    } finally {
      await application.close();
    }
  });
});
