import { createRequire } from 'node:module';
import type { INestApplication } from '@nestjs/common';
import type { Platform } from '../platforms.js';
import type { Peer, RequirePeer } from './peer.js';
import { scrapedPeer } from './scraped-peer.js';

interface PrometheusExporter {
  collect(): Promise<{ readonly resourceMetrics: object }>;
}

/** Units, and what it exports before the first measurement. Prometheus ignores them, too. */
const OTHER_COMMENT = /^# (?!HELP|TYPE).*\n/gm;

const requireHere = createRequire(import.meta.url);

/** OpenTelemetry as its documentation sets it up: metrics of http and pg, routes by the framework's instrumentation. */
export const OPEN_TELEMETRY: Peer = {
  name: 'OpenTelemetry',
  platforms: ['express', 'fastify'],
  async start(require) {
    const { fastify, scrape } = (instruments ??= instrumentProcess(require));
    return scrapedPeer({
      configure: async (app: INestApplication) => {
        const adapter = app.getHttpAdapter();
        if ((adapter.getType() as Platform) !== 'fastify') return;
        const instance = adapter.getInstance() as { register(plugin: unknown): PromiseLike<unknown> };
        await instance.register(fastify.plugin());
      },
      scrape,
      requests: {
        name: 'http_server_request_duration_count',
        status: 'http_response_status_code',
        route: 'http_route',
      },
    });
  },
};

interface Instruments {
  readonly fastify: { plugin(): unknown };
  scrape(): Promise<string>;
}

/** Once, and for as long as the process lives: the instrumentations patch a module when it is first required. */
let instruments: Instruments | undefined;

function instrumentProcess(require: RequirePeer): Instruments {
  const { context } = require('@opentelemetry/api') as {
    readonly context: { setGlobalContextManager(manager: object): void };
  };
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks') as {
    readonly AsyncLocalStorageContextManager: new () => { enable(): object };
  };
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

  const { PrometheusExporter, PrometheusSerializer } = require('@opentelemetry/exporter-prometheus') as {
    readonly PrometheusExporter: new (options: object) => PrometheusExporter;
    readonly PrometheusSerializer: new () => { serialize(metrics: object): string };
  };
  const { MeterProvider } = require('@opentelemetry/sdk-metrics') as {
    readonly MeterProvider: new (options: object) => object;
  };
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const fastify = new (require('@fastify/otel') as new () => { plugin(): unknown })();
  instrument(require, new MeterProvider({ readers: [exporter] }), fastify);
  return {
    fastify,
    scrape: async () => {
      const text = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics);
      return `${text}\n`.replaceAll(OTHER_COMMENT, '');
    },
  };
}

function instrument(require: RequirePeer, meterProvider: object, fastify: object): void {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation') as {
    registerInstrumentations(options: object): void;
  };
  type Instrumentation = new () => object;
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http') as {
    readonly HttpInstrumentation: Instrumentation;
  };
  const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express') as {
    readonly ExpressInstrumentation: Instrumentation;
  };
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg') as {
    readonly PgInstrumentation: Instrumentation;
  };
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation(),
      new ExpressInstrumentation(),
      new PgInstrumentation(),
      fastify,
    ],
    meterProvider,
  });
  for (const name of ['http', 'express', 'pg', 'pg-pool']) requireHere(name);
}
