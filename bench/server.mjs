// One variant of the measured application: `node bench/server.mjs <platform> <variant>`, talking to its parent by IPC.
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';

const [, , platform, variant] = process.argv;

class BooksController {
  find(id) {
    return { id, title: 'The Neverending Story' };
  }
}
// What the decorators' syntax would compile to.
const handler = Object.getOwnPropertyDescriptor(BooksController.prototype, 'find');
Get(':id')(BooksController.prototype, 'find', handler);
Param('id')(BooksController.prototype, 'find', 0);
Controller('books')(BooksController);

const IMPORTS = {
  bare: [],
  metrics: [HyperMetricsModule.forRoot({ runtimeMetrics: false })],
  disabled: [HyperMetricsModule.forRoot({ enabled: false })],
};

class ApplicationModule {}
Module({ imports: IMPORTS[variant], controllers: [BooksController] })(ApplicationModule);

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(ApplicationModule, adapter, { logger: false });
await app.listen(0, '127.0.0.1');

process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
