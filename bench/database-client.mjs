// The measured applications: `node bench/database-client.mjs <url> <variant> …` opens a data source for each variant,
// and runs slices of queries that its parent asks for by IPC.
import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';
import { Author } from '../sample/dist/authors/author.entity.js';
import { Book } from '../sample/dist/books/book.entity.js';
import { Review } from '../sample/dist/reviews/review.entity.js';

const CONCURRENCY = 5;
/** One less than what would be an N+1. */
const QUERIES_PER_SCOPE = 4;
const ROWS = 200;
const [, , url, ...variants] = process.argv;

const DEFAULTS = { runtimeMetrics: false };
const EVERYTHING = {
  ...DEFAULTS,
  pools: { perPool: true },
  performance: { slowQueryParameters: true, statements: true },
  queryTimer: { slowQueryLog: true },
};
const OPTIONS = {
  bare: undefined,
  // What every library pays that knows the request of a query.
  'AsyncLocalStorage alone': undefined,
  metrics: DEFAULTS,
  'everything on': EVERYTHING,
  disabled: { enabled: false },
  // Each few queries in the scope of a unit of work, as those of a request are.
  'metrics, in scopes': DEFAULTS,
  'everything on, in scopes': EVERYTHING,
};

const applications = [];
for (const variant of variants) applications.push(await open(variant));
process.on('message', (message) => void (message === 'end' ? end() : answer(message)));
process.send('ready');

async function answer({ index, query, sliceMs }) {
  process.send(await runSlice(applications[index], query, sliceMs));
}

async function end() {
  for (const { close } of applications) await close();
  process.disconnect();
}

async function open(variant) {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    entities: [Author, Book, Review],
    synchronize: true,
  }).initialize();
  const books = dataSource.getRepository(Book);
  const reviews = dataSource.getRepository(Review);
  await seed(dataSource);
  const queries = {
    'findOneBy()': (id) => books.findOneBy({ id }),
    'join of three tables': (id) =>
      reviews.findOne({ where: { id }, relations: { book: { author: true } }, relationLoadStrategy: 'join' }),
  };
  const options = OPTIONS[variant];
  if (options === undefined) {
    const storage = new AsyncLocalStorage();
    const inScope = variant === 'bare' ? (work) => work() : (work) => storage.run({}, work);
    return { queries, inScope, close: () => dataSource.destroy() };
  }

  class ApplicationModule {}
  Module({
    imports: [HyperMetricsModule.forRoot(options)],
    providers: [{ provide: getDataSourceToken(), useValue: dataSource }],
  })(ApplicationModule);
  const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: ['warn', 'error'] });
  const metrics = app.get(MetricsService);
  return {
    queries,
    inScope: variant.endsWith('in scopes')
      ? (work) => metrics.unitOfWork('a few queries', work)
      : (work) => work(),
    close: async () => {
      await app.close();
      await dataSource.destroy();
    },
  };
}

async function runSlice({ queries, inScope }, name, sliceMs) {
  const query = queries[name];
  let work = 0;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const few = async () => {
    for (let number = 0; number < QUERIES_PER_SCOPE; number += 1) {
      await query(1 + (work++ % ROWS));
    }
  };
  const client = async () => {
    while (performance.now() < startedAt + sliceMs) await inScope(few);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  const { user, system } = process.cpuUsage(before);
  return { work, cpuMicros: user + system, elapsedMs: performance.now() - startedAt };
}

async function seed(dataSource) {
  if ((await dataSource.getRepository(Review).count()) >= ROWS) return;
  const { id: authorId } = await dataSource
    .getRepository(Author)
    .save({ name: 'Michael Ende', country: 'Germany' });
  for (let number = 0; number < ROWS; number += 1) {
    const book = { title: `Book ${number}`, authorId, priceCents: 1999, publishedYear: 1979 };
    const { id: bookId } = await dataSource.getRepository(Book).save(book);
    await dataSource.getRepository(Review).save({ bookId, stars: 5, text: 'Read it.' });
  }
}
