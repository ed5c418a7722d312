import {
  type CallHandler,
  type DynamicModule,
  type ExecutionContext,
  HttpException,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type * as PromClient from 'prom-client';
import { finalize, type Observable, tap } from 'rxjs';
import type { Peer } from './peer.js';
import { scrapedPeer } from './scraped-peer.js';

const FAMILY = 'http_request_duration_seconds';

interface PlatformRequest {
  readonly method: string;
  readonly route?: { readonly path: string };
  readonly routeOptions?: { readonly url: string };
}

/**
 * The package has the endpoint and no metrics of requests. Its users write an interceptor around a histogram: this one
 * takes the status from the exception if there is one, because the exception filter sets the response's status later.
 */
export const NESTJS_PROMETHEUS: Peer = {
  name: '@willsoto/nestjs-prometheus',
  platforms: ['express', 'fastify'],
  async start(require) {
    const { Histogram, register } = require('prom-client') as typeof PromClient;
    const { PrometheusModule } = require('@willsoto/nestjs-prometheus') as {
      readonly PrometheusModule: { register(options: object): DynamicModule };
    };
    register.clear();
    const families = async (): Promise<string[]> => register.getMetricsAsArray().map(({ name }) => name);
    const own = await families();
    const durations = new Histogram({
      name: FAMILY,
      help: 'Duration.',
      labelNames: ['method', 'route', 'status'],
    });
    class DurationInterceptor implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        const end = durations.startTimer();
        const http = context.switchToHttp();
        const { method, route, routeOptions } = http.getRequest<PlatformRequest>();
        let failed: number | undefined;
        return next.handle().pipe(
          tap({
            error: (error: unknown) => {
              failed = error instanceof HttpException ? error.getStatus() : 500;
            },
          }),
          // Unlike `complete` and `error`, it also runs for an event stream that the client leaves.
          finalize(() =>
            end({
              method,
              route: route?.path ?? routeOptions?.url ?? '',
              status: failed ?? http.getResponse<{ readonly statusCode: number }>().statusCode,
            }),
          ),
        );
      }
    }
    return {
      ...scrapedPeer({
        imports: [PrometheusModule.register({ path: '/peer-metrics', defaultMetrics: { enabled: false } })],
        providers: [{ provide: APP_INTERCEPTOR, useFactory: () => new DurationInterceptor() }],
        scrape: () => register.metrics(),
        requests: { name: `${FAMILY}_count`, status: 'status', route: 'route' },
      }),
      families: async () => own,
    };
  },
};

/** With every label that it has. */
export const EXPRESS_PROM_BUNDLE: Peer = {
  name: 'express-prom-bundle',
  platforms: ['express'],
  async start(require) {
    const { Registry } = require('prom-client') as typeof PromClient;
    const bundle = require('express-prom-bundle') as (options: object) => unknown;
    const promRegistry = new Registry();
    return scrapedPeer({
      configure: (app) => {
        app.use(
          bundle({
            includeMethod: true,
            includePath: true,
            metricsPath: '/peer-metrics',
            promRegistry,
          }),
        );
      },
      scrape: () => promRegistry.metrics(),
      requests: { name: `${FAMILY}_count`, status: 'status_code', route: 'path' },
    });
  },
};

/** With the options that make it count most: unknown routes and all methods. */
export const FASTIFY_METRICS: Peer = {
  name: 'fastify-metrics',
  platforms: ['fastify'],
  async start(require) {
    const client = require('prom-client') as typeof PromClient;
    client.register.clear();
    return scrapedPeer({
      configure: async (app: INestApplication) => {
        const fastify = app.getHttpAdapter().getInstance() as {
          register(plugin: unknown, options: object): PromiseLike<unknown>;
        };
        await fastify.register(require('fastify-metrics'), {
          endpoint: '/peer-metrics',
          defaultMetrics: { enabled: false },
          routeMetrics: { registeredRoutesOnly: false, methodBlacklist: [] },
        });
      },
      scrape: () => client.register.metrics(),
      requests: { name: `${FAMILY}_count`, status: 'status_code', route: 'route' },
    });
  },
};
