import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Registry } from 'prom-client';

/** The books that are read one by one, on purpose. */
const REPETITIONS = 7;

/**
 * Serves a shop whose pages are operations of an ORM, and prints its address.
 *
 * @param providers - the ORM and its pool; the application closes what has `onApplicationShutdown()`
 * @param operations - what each page does with the ORM
 * @param orm - the token of the ORM
 */
export async function serveShop({ providers, operations, orm }) {
  class BooksController {
    constructor(client) {
      this.client = client;
    }

    async oneByOne() {
      const titles = [];
      for (let id = 1; id <= REPETITIONS; id += 1) {
        titles.push(await operations.title(this.client, id)); // the repeated read
      }
      return { titles };
    }

    /** Each of the operations `list`, `add`, `transaction` and `fail`. */
    async page(name) {
      return { answer: await operations[name](this.client) };
    }
  }
  const decorate = (method, decorator) =>
    decorator(
      BooksController.prototype,
      method,
      Object.getOwnPropertyDescriptor(BooksController.prototype, method),
    );
  decorate('oneByOne', Get('one-by-one'));
  // The router takes the first route that fits.
  decorate('page', Get(':name'));
  Param('name')(BooksController.prototype, 'page', 0);
  Controller()(BooksController);
  Reflect.defineMetadata('self:paramtypes', [{ index: 0, param: orm }], BooksController);

  class ShopModule {}
  Module({
    imports: [
      HyperMetricsModule.forRoot({ registry: new Registry(), statementCache: true, runtimeMetrics: false }),
    ],
    controllers: [BooksController],
    providers,
  })(ShopModule);

  const app = await NestFactory.create(ShopModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}`);
}
