// One variant of the measured application: `node bench/server.mjs <platform> <variant>`, talking to its parent by IPC.
import { createRequire } from 'node:module';
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { finalize } from 'rxjs';

const require = createRequire(new URL('peers/package.json', import.meta.url));
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

/** What people write by hand: a global interceptor, a prom-client histogram, labels from the execution context. */
function handWrittenInterceptor() {
  const { Histogram } = require('prom-client');
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  return {
    intercept(context, next) {
      const end = durations.startTimer();
      const http = context.switchToHttp();
      const request = http.getRequest();
      return next.handle().pipe(
        finalize(() => {
          const route = request.route?.path ?? request.routeOptions?.url;
          end({ method: request.method, route, status: http.getResponse().statusCode });
        }),
      );
    },
  };
}

const VARIANTS = {
  bare: {},
  metrics: { imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false })] },
  disabled: { imports: [HyperMetricsModule.forRoot({ enabled: false })] },
  interceptor: { providers: [{ provide: APP_INTERCEPTOR, useFactory: handWrittenInterceptor }] },
  'express-prom-bundle': {
    use: (app) =>
      app.use(
        require('express-prom-bundle')({ includeMethod: true, includePath: true, includeStatusCode: true }),
      ),
  },
  'fastify-metrics': {
    use: (app) =>
      app
        .getHttpAdapter()
        .getInstance()
        .register(require('fastify-metrics'), { defaultMetrics: { enabled: false } }),
  },
};
const { imports = [], providers = [], use } = VARIANTS[variant];

class ApplicationModule {}
Module({ imports, providers, controllers: [BooksController] })(ApplicationModule);

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(ApplicationModule, adapter, { logger: false });
await use?.(app);
await app.listen(0, '127.0.0.1');

process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
