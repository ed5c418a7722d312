import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, Get, Inject, Module, Param, ParseIntPipe, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Pool } from 'pg';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MetricsService, PerformanceTracker } from '../../src/index.js';
import { assertQueries, HyperMetricsTestingModule, queriesOf, type SentQuery } from '../../src/testing.js';
import { openPool } from '../support/open-pool.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';
import { until } from '../support/watched-database.js';

@Entity()
class Book {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') title!: string;
}

@Controller('books')
class BooksController {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  @Get()
  async list(): Promise<Book[]> {
    return await this.dataSource.getRepository(Book).find(); // place of list
  }

  @Get('each')
  async each(): Promise<void> {
    for (const { id } of await this.list()) {
      await this.dataSource.getRepository(Book).findOneBy({ id }); // place of each
    }
  }

  @Post(':title')
  async add(@Param('title') title: string): Promise<void> {
    await this.dataSource.transaction((manager) => manager.save(Book, { title })); // place of add
  }

  @Get(':id')
  async one(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.dataSource.query(`SELECT pg_sleep(0.02), * FROM book WHERE id = ${id}`); // place of one
  }
}

let server: Awaited<ReturnType<typeof startPostgres>>;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(() => server.stop());

/** The end of the line of this file that sent a query. */
function placeOf({ location }: SentQuery): string {
  const [, line] = /^test\/e2e\/query-budgets\.test\.ts:(\d+):\d+$/.exec(location ?? '') ?? [];
  const lines = readFileSync('test/e2e/query-budgets.test.ts', 'utf8').split('\n');
  return /\/\/ place of (.*)$/.exec(lines[Number(line) - 1] ?? '')?.[1] ?? `not found: ${location}`;
}

const shape = (query: SentQuery): readonly [start: string, place: string] => [
  query.fingerprint.split(' ').slice(0, 2).join(' '),
  placeOf(query),
];

describe.each(PLATFORMS)('the queries of requests on %s', (platform) => {
  async function start(options: Parameters<typeof HyperMetricsTestingModule.forRoot>[0] = {}) {
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: server.url,
          entities: [Book],
          synchronize: true,
          dropSchema: true,
          poolSize: 3,
        }),
        HyperMetricsTestingModule.forRoot(options),
      ],
      controllers: [BooksController],
    })
    class ShopModule {}
    const running = await startApplication(platform, ShopModule);
    closing.push(() => running.close());
    await running.app.get(DataSource).query(`INSERT INTO book (title) VALUES ('Momo'), ('Jim'), ('Ronja')`);
    return running;
  }

  it.each([[{}], [{ performance: false }], [{ http: false }]] as const)(
    'are what the handlers sent, and from where, with %j',
    async (options) => {
      const { app, url } = await start(options);
      const listed = await queriesOf(app, () => fetch(`${url}/books/each`));
      expect(listed.map(shape)).toEqual([
        ['SELECT "Book"."id"', 'list'],
        ['SELECT "Book"."id"', 'each'],
        ['SELECT "Book"."id"', 'each'],
        ['SELECT "Book"."id"', 'each'],
      ]);
      const added = await queriesOf(app, () => fetch(`${url}/books/Ende`, { method: 'POST' }));
      expect(added.map(shape)).toEqual([
        ['start transaction', 'add'],
        ['INSERT INTO', 'add'],
        ['commit', 'add'],
      ]);
      expect(added.map(({ failed }) => failed)).toEqual([false, false, false]);
      expect(JSON.stringify(added)).not.toContain('Ende');
      const [slept, ...rest] = await queriesOf(app, () => fetch(`${url}/books/1`));
      expect(slept?.durationMs).toBeGreaterThan(18);
      expect(slept?.fingerprint).toBe('SELECT pg_sleep(?), * FROM book WHERE id = ?');
      expect(rest).toEqual([]);
    },
  );

  it('are as many as the totals count, of requests at the same time too', async () => {
    const { app, url } = await start();
    const metrics = app.get(MetricsService);
    const before = await metrics.getValue('hyperdjango_db_queries_total');
    const visit = () => Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/books/each`)));
    const queries = await queriesOf(app, visit);
    expect(queries).toHaveLength(80);
    expect(await metrics.getValue('hyperdjango_db_queries_total')).toBe((before ?? 0) + 80);
    expect(new Set(queries.map(placeOf))).toEqual(new Set(['list', 'each']));
  });

  it('are none of health checks and scrapes', async () => {
    const { app, url } = await start({ healthChecker: { intervalSeconds: 0.02 } });
    const checks = () =>
      app.get(MetricsService).getValue('hyperdjango_db_pool_health_check_duration_seconds_count');
    const before = (await checks()) ?? 0;
    await assertQueries(app, { exactly: 0 }, async () => {
      await until('further health checks', async () => ((await checks()) ?? 0) > before + 2);
      expect((await fetch(`${url}/metrics`)).status).toBe(200);
    });
  });

  it('fail an assertion with a list of them, and pass another', async () => {
    const { app, url } = await start();
    const response = await assertQueries(app, { atMost: 1 }, () => fetch(`${url}/books`));
    expect(response.status).toBe(200);
    const failure = assertQueries(app, { atMost: 3 }, () => fetch(`${url}/books/each`));
    await expect(failure).rejects.toThrow(
      /^The action sent 4 queries; expected: at most 3\. Sent:\n {2}3 × /,
    );
    await expect(failure).rejects.toThrow(/\n {6}from test\/e2e\/query-budgets\.test\.ts:\d+:\d+\n {2}1 × /);
  });
});

describe('the queries of code without HTTP', () => {
  async function context(dataSources: readonly (DataSource | Pool)[], options = {}) {
    const app = await NestFactory.createApplicationContext(
      HyperMetricsTestingModule.forRoot({ dataSources, healthChecker: false, ...options }),
      { logger: false },
    );
    closing.push(() => app.close());
    return app;
  }

  it.each([[{}], [{ performance: false, pools: false, queryTimer: false }]] as const)(
    'are those of pools of pg, in each form, with %j',
    async (options) => {
      const pool = openPool(server.url, { max: 1 });
      closing.push(() => pool.end());
      const app = await context([pool], options);
      const action = async (): Promise<void> => {
        await pool.query('SELECT 1 AS promise'); // place of a promise
        await new Promise((resolve) => {
          pool.query('SELECT 1 AS callback', resolve); // place of a callback
        });
        const client = await pool.connect();
        const waiting = pool.query('SELECT 1 AS waiting'); // place of the one that waited
        await expect(client.query('SELEC')).rejects.toThrow('syntax error'); // place of the failure
        // pg's pool sends what waited within the call that releases the connection.
        client.release();
        await waiting;
      };
      for (const source of [app, pool]) {
        const queries = await queriesOf(source, action);
        expect(queries.map((query) => [query.fingerprint, placeOf(query), query.failed])).toEqual([
          ['SELECT ? AS promise', 'a promise', false],
          ['SELECT ? AS callback', 'a callback', false],
          ['selec', 'the failure', true],
          ['SELECT ? AS waiting', 'the one that waited', false],
        ]);
      }
    },
  );

  it.each(TYPEORM_VERSIONS)('are those of data sources of TypeORM %s', async (_version, typeorm) => {
    const entities = entitiesOf(typeorm);
    const postgres = new typeorm.DataSource({
      type: 'postgres',
      url: server.url,
      entities: entities.all,
      synchronize: true,
      dropSchema: true,
    });
    const sqlite = new typeorm.DataSource({ type: 'sqljs', entities: entities.all, synchronize: true });
    const sources = [postgres, sqlite] as unknown as readonly DataSource[];
    const app = await context(sources);
    for (const source of sources) {
      await source.initialize();
      closing.push(() => source.destroy());
      const authors = source.getRepository(entities.author);
      await authors.insert({ name: 'Ada' });
      const action = async (): Promise<void> => {
        await authors.findOneBy({ name: 'Ada' }); // place of the read
        await source.transaction((manager) => manager.query('SELECT 1')); // place of the transaction
      };
      const [read, ...others] = await queriesOf(source, action);
      expect(read?.fingerprint).toMatch(/^SELECT .* FROM "author"/);
      expect([read, ...others].map((query) => query && placeOf(query))).toEqual([
        'the read',
        'the transaction',
        'the transaction',
        'the transaction',
      ]);
      await assertQueries(app, { exactly: 4 }, action);
    }
  });

  it('are counted for N+1 findings as ever', async () => {
    const pool = openPool(server.url);
    closing.push(() => pool.end());
    const app = await context([pool]);
    await queriesOf(app, () =>
      app.get(MetricsService).unitOfWork('job', async () => {
        for (let id = 0; id < 5; id += 1)
          await pool.query('SELECT * FROM pg_temp.book WHERE id = $1', [id]).catch(() => {});
      }),
    );
    expect(app.get(PerformanceTracker).getStats()).toMatchObject({ nPlusOne: 1 });
  });
});
