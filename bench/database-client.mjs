// One variant of the measured application: `node bench/database-client.mjs <variant> <url>`, answering its parent by IPC.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';
import { Author } from '../sample/dist/authors/author.entity.js';
import { Book } from '../sample/dist/books/book.entity.js';
import { Review } from '../sample/dist/reviews/review.entity.js';

const WARM_UP = 3_000;
const QUERIES = 15_000;
const CONCURRENCY = 5;
/** One less than what would be an N+1. */
const QUERIES_PER_SCOPE = 4;
const ROWS = 200;
const [, , variant, url] = process.argv;

const METRICS = [HyperMetricsModule.forRoot({ runtimeMetrics: false })];
const VARIANTS = {
  bare: [],
  // Pools, queries and health.
  metrics: METRICS,
  // Each few queries in the scope of a unit of work, as those of a request are.
  'metrics, in scopes': METRICS,
  disabled: [HyperMetricsModule.forRoot({ enabled: false })],
};

class ApplicationModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, entities: [Author, Book, Review], synchronize: true }),
    ...VARIANTS[variant],
  ],
})(ApplicationModule);

const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
const dataSource = app.get(DataSource);
const books = dataSource.getRepository(Book);
const reviews = dataSource.getRepository(Review);
await seed();

const CASES = {
  'findOneBy()': (id) => books.findOneBy({ id }),
  'join of three tables': (id) =>
    reviews.findOne({ where: { id }, relations: { book: { author: true } }, relationLoadStrategy: 'join' }),
};

const spent = {};
for (const [name, query] of Object.entries(CASES)) {
  await run(query, WARM_UP);
  const before = process.cpuUsage();
  await run(query, QUERIES);
  const { user, system } = process.cpuUsage(before);
  spent[name] = (user + system) / QUERIES;
}
process.send(spent);
await app.close();
process.disconnect();

async function run(query, total) {
  const metrics = variant === 'metrics, in scopes' ? app.get(MetricsService) : undefined;
  const few = async (client) => {
    for (let number = 0; number < QUERIES_PER_SCOPE; number += 1) {
      await query(1 + ((client + number) % ROWS));
    }
  };
  const client = async (number) => {
    for (let sent = 0; sent < total / CONCURRENCY; sent += QUERIES_PER_SCOPE) {
      const some = () => few(number + sent);
      await (metrics === undefined ? some() : metrics.unitOfWork('a few queries', some));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, number) => client(number)));
}

async function seed() {
  if ((await reviews.count()) >= ROWS) {
    return;
  }
  const authors = dataSource.getRepository(Author);
  const author = await authors.save({ name: 'Michael Ende', country: 'Germany' });
  for (let number = 0; number < ROWS; number += 1) {
    const book = await books.save({
      title: `Book ${number}`,
      authorId: author.id,
      priceCents: 1999,
      publishedYear: 1979,
    });
    await reviews.save({ bookId: book.id, stars: 5, text: 'Read it.' });
  }
}
