// What the documentation's snippets have around them: `metrics`, a database with books and reviews, a class that is decorated.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { Registry } from 'prom-client';
import { DataSource, EntitySchema } from 'typeorm';
import { defineCounter, HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';

const Book = new EntitySchema({ name: 'Book', columns: { id: { type: Number, primary: true } } });
const Review = new EntitySchema({
  name: 'Review',
  columns: { id: { type: Number, primary: true }, bookId: { type: Number } },
  relations: { book: { type: 'many-to-one', target: 'Book', joinColumn: { name: 'bookId' } } },
});

export const dataSource = await new DataSource({
  type: 'sqljs',
  entities: [Book, Review],
  synchronize: true,
}).initialize();
export const bookRepository = dataSource.getRepository(Book);
export const reviewRepository = dataSource.getRepository(Review);
await bookRepository.save([{ id: 1 }, { id: 2 }]);
await reviewRepository.save([
  { id: 1, bookId: 1 },
  { id: 2, bookId: 2 },
]);

class DatabaseModule {}
Module({ providers: [{ provide: DataSource, useValue: dataSource }], exports: [DataSource] })(DatabaseModule);

const forFeature = HyperMetricsModule.forFeature([
  defineCounter({ name: 'orders_total', help: 'Orders placed.', labelNames: ['plan'] }),
]);

/** The imports of an application around a snippet's classes. */
export function surroundings() {
  return [
    HyperMetricsModule.forRoot({ registry: new Registry() }),
    forFeature,
    DatabaseModule,
    TerminusModule,
  ];
}

class Application {}
Module({ imports: [HyperMetricsModule.forRoot({ registry: new Registry() })] })(Application);
const application = await NestFactory.create(Application, { logger: false });
export const metrics = (await application.init()).get(MetricsService);
