// The measured applications: `node bench/server.mjs <platform> <variant> …` starts one application for each variant,
// each on a port of its own, and reports the CPU time of the process to its parent by IPC.
import { createRequire } from 'node:module';
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Pool } from 'pg';
import { finalize } from 'rxjs';

const require = createRequire(new URL('peers/package.json', import.meta.url));
const [, , platform, ...variants] = process.argv;

/** What `forRoot()` opens scopes for: a pool, which opens no connection, because nothing queries it. */
const withPool = () => ({ runtimeMetrics: false, dataSources: [new Pool()], healthChecker: false });

const VARIANTS = {
  bare: () => ({}),
  metrics: () => ({ imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false })] }),
  'in scopes': () => ({ imports: [HyperMetricsModule.forRoot(withPool())] }),
  'everything on': () => ({
    imports: [
      HyperMetricsModule.forRoot({
        ...withPool(),
        http: { handlers: true, sizes: true, serverTiming: true, labels: { tenant: () => 'one' } },
      }),
    ],
  }),
  disabled: () => ({ imports: [HyperMetricsModule.forRoot({ enabled: false })] }),
  interceptor: () => ({ providers: [{ provide: APP_INTERCEPTOR, useFactory: handWrittenInterceptor }] }),
  'express-prom-bundle': () => ({
    use: (app) =>
      app.use(
        require('express-prom-bundle')({ includeMethod: true, includePath: true, includeStatusCode: true }),
      ),
  }),
  'fastify-metrics': () => ({
    use: (app) =>
      app
        .getHttpAdapter()
        .getInstance()
        .register(require('fastify-metrics'), { defaultMetrics: { enabled: false } }),
  }),
  'NestJS Observe': observe,
  'OpenTelemetry, metrics': () => openTelemetry(false),
  'OpenTelemetry, metrics and traces': () => openTelemetry(true),
};

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

/** NestJS Observe with its default options. It sends to the collector that OBSERVE_ENDPOINT names. */
function observe() {
  const { createObserveModule } = require('@nestjs/observe');
  const { ObserveModule, ObserveInstrument } = createObserveModule();
  return {
    imports: [ObserveModule.forRoot({ appKey: 'key', appSecret: 'secret', serviceId: 'bench' })],
    instrument: ObserveInstrument,
  };
}

/** OpenTelemetry's instrumentations of http and pg, which patch the process. */
function openTelemetry(traces) {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
  const { PrometheusExporter } = require('@opentelemetry/exporter-prometheus');
  const { MeterProvider } = require('@opentelemetry/sdk-metrics');
  const meterProvider = new MeterProvider({
    readers: [new PrometheusExporter({ preventServerStart: true })],
  });
  let tracerProvider;
  if (traces) {
    const { context } = require('@opentelemetry/api');
    const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
    const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    // Spans are made and batched, and exported to nowhere.
    const exporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
    tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  }
  registerInstrumentations({
    instrumentations: [new HttpInstrumentation(), new PgInstrumentation()],
    meterProvider,
    ...(tracerProvider && { tracerProvider }),
  });
  // The instrumentations patch a module when it is required.
  require('http');
  require('pg');
  return {};
}

async function start(variant) {
  const { imports = [], providers = [], use, instrument } = VARIANTS[variant]();
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
  class ApplicationModule {}
  Module({ imports, providers, controllers: [BooksController] })(ApplicationModule);

  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(ApplicationModule, adapter, {
    logger: false,
    ...(instrument && { instrument }),
  });
  await use?.(app);
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

const ports = [];
for (const variant of variants) {
  ports.push(await start(variant));
}
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send({ ports });
