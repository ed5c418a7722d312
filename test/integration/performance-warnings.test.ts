import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import { Client, type Pool } from 'pg';
import { Registry } from 'prom-client';
import { DataSource, EntitySchema, In } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  HyperMetricsModule,
  MetricsService,
  PerformanceTracker,
  type HyperMetricsOptions,
} from '../../src/index.js';
import { startApplication, type RunningApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';

interface Author {
  id: number;
  name: string;
  books: Promise<Book[]>;
}
interface Book {
  id: number;
  title: string;
  author: Promise<Author>;
}

const author = new EntitySchema<Author>({
  name: 'author',
  columns: { id: { type: 'integer', primary: true, generated: true }, name: { type: 'varchar' } },
  relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author', lazy: true } },
});
const book = new EntitySchema<Book>({
  name: 'book',
  columns: { id: { type: 'integer', primary: true, generated: true }, title: { type: 'varchar' } },
  relations: { author: { type: 'many-to-one', target: 'author', inverseSide: 'books', lazy: true } },
});

const ROWS = 6;
const SECRET = 'Pa55word of the caller';

let server: Awaited<ReturnType<typeof startPostgres>>;
let dataSource: DataSource;
let application: RunningApplication | undefined;
const warn = vi.fn<(message: unknown, ...rest: unknown[]) => void>();

beforeAll(async () => {
  server = await startPostgres();
  dataSource = await new DataSource({
    type: 'postgres',
    url: server.url,
    entities: [author, book],
    synchronize: true,
    extra: { max: 3 },
  }).initialize();
  await dataSource.query("INSERT INTO author (name) SELECT 'author ' || n FROM generate_series(1, 6) n");
  await dataSource.query(
    `INSERT INTO book (title, "authorId") SELECT 'book ' || n, n FROM generate_series(1, 6) n`,
  );
});
beforeEach(() => {
  warn.mockReset();
});
afterEach(async () => {
  await application?.close();
  application = undefined;
});
afterAll(async () => {
  await dataSource.destroy();
  await server.stop();
});

/** Each sends a read `ROWS` times, from the line that says so. */
@Injectable()
class ReadingService {
  readonly authors = dataSource.getRepository(author);
  readonly books = dataSource.getRepository(book);
  readonly pool = (dataSource.driver as unknown as { master: Pool }).master;

  async findOneBy(): Promise<void> {
    for (let id = 1; id <= ROWS; id += 1) {
      await this.authors.findOneBy({ id }); // place of findOneBy
    }
  }

  async queryBuilder(): Promise<void> {
    for (let id = 1; id <= ROWS; id += 1) {
      await this.books.createQueryBuilder('b').where('b.id = :id', { id }).getMany(); // place of queryBuilder
    }
  }

  async lazyRelation(): Promise<void> {
    for (const found of await this.authors.find()) {
      await found.books; // place of lazyRelation
    }
  }

  async lazyAtOnce(): Promise<void> {
    const found = await this.authors.find();
    await Promise.all(found.map((one) => one.books)); // place of lazyAtOnce
  }

  async callback(): Promise<void> {
    for (let id = 1; id <= ROWS; id += 1) {
      await new Promise((resolve) => {
        this.pool.query('SELECT id AS by_callback FROM book WHERE id = $1', [id], resolve); // place of callback
      });
    }
  }

  async *eachBook(): AsyncGenerator<Book> {
    for (let id = 1; id <= ROWS; id += 1) {
      yield await this.books.findOneByOrFail({ id }); // place of forAwait
    }
  }

  async forAwait(): Promise<number> {
    let length = 0;
    for await (const { title } of this.eachBook()) {
      length += title.length;
    }
    return length;
  }

  async promiseAll(): Promise<void> {
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (id) => {
        await this.books.findBy({ id: In([id, id + 1]) }); // place of promiseAll
      }),
    );
  }

  async transaction(): Promise<void> {
    await dataSource.transaction(async (manager) => {
      for (let id = 1; id <= ROWS; id += 1) {
        await manager.findOneBy(author, { id }); // place of transaction
      }
    });
  }

  async pooled(): Promise<void> {
    for (let id = 1; id <= ROWS; id += 1) {
      await this.pool.query('SELECT id AS pooled FROM book WHERE id = $1', [id]); // place of pooled
    }
  }

  async afterTransaction(): Promise<void> {
    const client = await this.pool.connect();
    for (let number = 0; number < 3 * ROWS; number += 1) await client.query('SET x.number = 1');
    client.release();
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map((id) => this.pool.query('SELECT id AS after FROM book WHERE id = $1', [id])), // place of afterTransaction
    );
  }

  async client(): Promise<void> {
    const client = await this.pool.connect();
    for (let id = 1; id <= ROWS; id += 1) {
      await client.query({ text: 'SELECT id AS client FROM book WHERE id = $1', values: [id] }); // place of client
    }
    client.release();
  }

  async raw(): Promise<void> {
    for (let id = 1; id <= ROWS; id += 1) {
      await dataSource.query(`SELECT '${SECRET}' AS s, $1 AS p FROM book WHERE id = ${id}`, [SECRET]); // place of raw
    }
  }
}

const PLACES = [
  'findOneBy',
  'queryBuilder',
  'forAwait',
  'promiseAll',
  'transaction',
  'client',
  'raw',
  'lazyRelation',
  'lazyAtOnce',
  'pooled',
  'afterTransaction',
  'callback',
] as const;
type Place = (typeof PLACES)[number];

@Controller()
class ReadingController {
  constructor(@Inject(ReadingService) private readonly reading: ReadingService) {}

  @Get('by/:place')
  async read(@Param('place') place: Place): Promise<string> {
    await this.reading[place]();
    return 'read';
  }

  /** The same read as `by/raw`, from another line and route. */
  @Get('also')
  async also(): Promise<string> {
    for (let id = 1; id <= ROWS; id += 1) {
      await dataSource.query(`SELECT '${SECRET}' AS s, $1 AS p FROM book WHERE id = ${id}`, [SECRET]); // place of also
    }
    return 'read';
  }
}

async function start(options: HyperMetricsOptions = {}): Promise<RunningApplication> {
  @Module({
    controllers: [ReadingController],
    providers: [ReadingService],
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        healthChecker: false,
        dataSources: [dataSource],
        prefix: 'x_',
        ...options,
      }),
    ],
  })
  class ReadingModule {}
  const quiet = (): void => {};
  application = await startApplication('express', ReadingModule, () => {}, {
    logger: { log: quiet, error: quiet, warn },
  });
  return application;
}

async function visit({ url, app }: RunningApplication, path: string): Promise<string> {
  const { requests } = app.get(PerformanceTracker).getStats();
  const response = await fetch(`${url}/${path}`);
  const text = await response.text();
  // It is recorded a moment after its client has the answer.
  await until('the request', () => app.get(PerformanceTracker).getStats().requests === requests + 1);
  return text;
}

const ownPath = fileURLToPath(import.meta.url);

function lineOf(place: string): string {
  const lines = readFileSync(ownPath, 'utf8').split('\n');
  const line = 1 + lines.findIndex((text) => text.endsWith(`// place of ${place}`));
  return `${relative(process.cwd(), ownPath)}:${line}:`;
}

const warnings = (): string[] => warn.mock.calls.map(([message]) => String(message));

describe('the warning of a repeated read', () => {
  it.each(PLACES)('names the very line that sent it: %s', async (place) => {
    await visit(await start(), `by/${place}`);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(`N+1 queries: GET /by/:place read ${ROWS} times: SELECT `);
    expect(warnings()[0]).toContain(`\n  from ${lineOf(place)}`);
  });

  it('comes once for a route and a read, however many requests repeat it', async () => {
    const running = await start();
    for (let number = 0; number < 3; number += 1) await visit(running, 'by/raw');
    expect(warnings()).toHaveLength(1);
    await visit(running, 'by/findOneBy');
    expect(warnings()).toHaveLength(2);
    expect(running.app.get(PerformanceTracker).getStats()).toMatchObject({
      nPlusOne: 4,
      nPlusOnePatterns: [
        { route: '/by/:place', method: 'GET', findings: 3, maxReads: ROWS },
        { route: '/by/:place', method: 'GET', findings: 1, maxReads: ROWS },
      ],
    });
  });

  it('names for each route its own line, also of a read that another route repeats', async () => {
    const running = await start();
    await visit(running, 'by/raw');
    await visit(running, 'also');
    expect(warnings()[0]).toContain(lineOf('raw'));
    expect(warnings()[1]).toContain('N+1 queries: GET /also read');
    expect(warnings()[1]).toContain(lineOf('also'));
  });

  it('comes at the threshold that is set, and not below', async () => {
    const running = await start({ performance: { nPlusOneThreshold: ROWS + 1 } });
    await visit(running, 'by/raw');
    expect(warnings()).toEqual([]);
    await running.close();
    await visit(await start({ performance: { nPlusOneThreshold: ROWS } }), 'by/raw');
    expect(warnings()).toHaveLength(1);
  });

  it('that the logger throws at changes nothing', async () => {
    const running = await start();
    warn.mockImplementation(() => {
      throw new Error('The disk is full.');
    });
    expect(await visit(running, 'by/raw')).toBe('read');
    expect(await visit(running, 'by/raw')).toBe('read');
    const metrics = running.app.get(MetricsService);
    expect(await metrics.getValue('x_n_plus_one_total')).toBe(2);
    expect(await metrics.getValue('x_db_queries_per_request_sum')).toBe(2 * ROWS);
  });

  it('has no value in it, nor have the statistics', async () => {
    const running = await start({ performance: { slowQueryThresholdMs: 0 } });
    await visit(running, 'by/raw');
    const stats = running.app.get(PerformanceTracker).getStats();
    expect(stats.recentSlowQueries).toHaveLength(ROWS);
    expect(warnings().join('') + JSON.stringify(stats)).not.toMatch(/Pa55word|caller/);
    expect(stats.nPlusOnePatterns[0]?.fingerprint).toBe('SELECT ? AS s, ? AS p FROM book WHERE id = ?');
  });
});

it('leaves the length of stack traces as it was', async () => {
  const before = Error.stackTraceLimit;
  await visit(await start(), 'by/raw');
  expect(Error.stackTraceLimit).toBe(before);
});

it('fails no unit of work whose name is no text', async () => {
  const { app } = await start();
  const work = app.get(MetricsService).unitOfWork(Symbol('job') as unknown as string, async () => {
    await new ReadingService().raw();
    return 'done';
  });
  expect(await work).toBe('done');
  const errors = { collector: 'db_performance' };
  expect(await app.get(MetricsService).getValue('x_metrics_collector_errors_total', errors)).toBe(1);
});

it('counts for a unit of work what its context sends, in an application without HTTP', async () => {
  const app = await NestFactory.createApplicationContext(
    HyperMetricsModule.forRoot({ registry: new Registry(), dataSources: [dataSource], healthChecker: false }),
    { logger: false },
  );
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await app.get(MetricsService).unitOfWork('job', async () => {
    await new ReadingService().findOneBy();
    // Nobody watches this one.
    await client.query('SELECT 1');
  });
  expect(app.get(PerformanceTracker).getStats()).toMatchObject({
    queries: ROWS,
    nPlusOnePatterns: [{ route: 'job', maxReads: ROWS }],
  });
  await client.end();
  await app.close();
});
