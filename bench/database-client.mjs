// One variant of the measured application: `node bench/database-client.mjs <variant> <url>`, answering its parent by IPC.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';
import { Author } from '../sample/dist/authors/author.entity.js';
import { Book } from '../sample/dist/books/book.entity.js';
import { Review } from '../sample/dist/reviews/review.entity.js';

const WARM_UP = 3_000;
const QUERIES = 15_000;
const CONCURRENCY = 5;
const ROWS = 200;
const [, , variant, url] = process.argv;

const VARIANTS = {
  bare: [],
  metrics: [HyperMetricsModule.forRoot({ runtimeMetrics: false })],
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
  let sent = 0;
  const client = async () => {
    while (sent++ < total) {
      await query(1 + (sent % ROWS));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
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
