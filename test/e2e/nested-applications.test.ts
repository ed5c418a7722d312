import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  Param,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { readExposition, seriesOf } from '../support/exposition.js';
import { createApplication, PLATFORMS } from '../support/platforms.js';

const TOTAL = 'hyperdjango_http_requests_total';
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
});

@Controller('pages')
class PagesController {
  @Get(':name')
  page(@Param('name') name: string): string {
    return name;
  }
}

function moduleOf(controllers: Type[] = [PagesController], registry = new Registry()): Type {
  @Module({ imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false })], controllers })
  class ApplicationModule {}
  return ApplicationModule;
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

/** Requests by method, route and status, once none is in flight any more. */
async function recorded(app: INestApplication, requests: number): Promise<Record<string, number>> {
  return vi.waitFor(async () => {
    const exposition = readExposition(await app.get(MetricsService).collect());
    expect(exposition.get(IN_FLIGHT)).toBe(0);
    const routes = seriesOf(exposition, ROUTES);
    const total = Object.values(seriesOf(exposition, TOTAL)).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(requests);
    return routes;
  });
}

async function initialised(app: INestApplication): Promise<INestApplication> {
  await app.init();
  closing.push(() => app.close());
  return app;
}

describe('an application on Express that is initialised and does not listen', () => {
  it('counts what middleware answers before the hook of the adapter', async () => {
    const instance = express();
    instance.use('/early', (_request, response) => {
      response.status(202).end('early');
    });
    instance.get('/earlier', (_request, response) => {
      response.end('earlier');
    });
    const app = await initialised(
      await NestFactory.create(moduleOf(), new ExpressAdapter(instance), { logger: false }),
    );
    const url = await listen(instance);
    expect(await statusOf(`${url}/early/x`)).toBe(202);
    expect(await statusOf(`${url}/earlier`)).toBe(200);
    expect(await statusOf(`${url}/pages/one`)).toBe(200);
    expect(await statusOf(`${url}/nothing`)).toBe(404);
    expect(await statusOf(`${url}/pages/%E0%A4%A`)).toBe(400);

    expect(await recorded(app, 5)).toEqual({
      '{method="GET",route="/early",status="202"}': 1,
      '{method="GET",route="/earlier",status="200"}': 1,
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="404"}': 1,
      '{method="GET",route="<unmatched>",status="400"}': 1,
    });
  });
});

describe('an application on Fastify that is initialised and does not listen', () => {
  it.each([
    [
      'routing()',
      (fastify: { routing: RequestListener }): RequestListener =>
        (request, response) =>
          fastify.routing(request, response),
    ],
    [
      'its server',
      (fastify: { server: { emit(event: string, ...args: unknown[]): unknown } }): RequestListener =>
        (request, response) =>
          void fastify.server.emit('request', request, response),
    ],
  ] as [string, (fastify: unknown) => RequestListener][])(
    'counts what Fastify answers by itself, behind %s',
    async (_name, listenerOf) => {
      const app = await initialised(await createApplication('fastify', moduleOf()));
      const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
      await fastify.ready();
      const url = await listen(listenerOf(fastify));
      expect(await statusOf(`${url}/pages/one`)).toBe(200);
      expect(await statusOf(`${url}/nothing`)).toBe(404);
      expect(await statusOf(`${url}/pages/%E0%A4%A`)).toBe(400);
      expect(await statusOf(`${url}/pages/${'x'.repeat(200)}`)).toBe(414);

      expect(await recorded(app, 4)).toEqual({
        '{method="GET",route="/pages/:name",status="200"}': 1,
        '{method="GET",route="<unmatched>",status="404"}': 1,
        '{method="GET",route="<unmatched>",status="400"}': 1,
        '{method="GET",route="<unmatched>",status="414"}': 1,
      });
    },
  );
});

describe.each(PLATFORMS)('an application on Express within one on %s', (platform) => {
  async function nested(registries: readonly [Registry, Registry]) {
    const inner = await initialised(
      await createApplication('express', moduleOf([PagesController], registries[0])),
    );
    const instance = inner.getHttpAdapter().getInstance() as RequestListener;
    @Controller('by-hand')
    class ByHandController {
      @All(':kind/:name')
      pass(
        @Req() request: IncomingMessage & { raw?: IncomingMessage },
        @Res() response: ServerResponse & { raw?: ServerResponse; hijack?(): void },
      ): void {
        response.hijack?.();
        const raw = request.raw ?? request;
        raw.url = raw.url?.replace('/by-hand', '') ?? '';
        instance(raw, response.raw ?? response);
      }
    }
    const outer = await createApplication(
      platform,
      moduleOf([PagesController, ByHandController], registries[1]),
    );
    outer.use('/b', instance);
    closing.push(() => outer.close());
    await outer.listen(0, '127.0.0.1');
    return { inner, outer, url: await outer.getUrl() };
  }

  it('records what it handles, and so does the outer one, with a registry each', async () => {
    const { inner, outer, url } = await nested([new Registry(), new Registry()]);
    expect(await statusOf(`${url}/b/pages/one`)).toBe(200);
    expect(await statusOf(`${url}/b/nothing`)).toBe(404);
    expect(await statusOf(`${url}/by-hand/pages/two`)).toBe(200);
    expect(await statusOf(`${url}/pages/three`)).toBe(200);
    expect(await statusOf(`${url}/nothing`)).toBe(404);

    expect(await recorded(inner, 3)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 2,
      '{method="GET",route="<unmatched>",status="404"}': 1,
    });
    const mounted = platform === 'express' ? '/b' : '<middleware>';
    expect(await recorded(outer, 5)).toEqual({
      [`{method="GET",route="${mounted}",status="200"}`]: 1,
      [`{method="GET",route="${mounted}",status="404"}`]: 1,
      '{method="GET",route="/by-hand/:kind/:name",status="200"}': 1,
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="404"}': 1,
    });
  });

  it('counts in the registry that both share as well, once for each', async () => {
    const registry = new Registry();
    const { inner, url } = await nested([registry, registry]);
    expect(await statusOf(`${url}/b/pages/one`)).toBe(200);

    expect(await recorded(inner, 2)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 1,
      [`{method="GET",route="${platform === 'express' ? '/b' : '<middleware>'}",status="200"}`]: 1,
    });
  });

  it('takes its scrapes out of the outer one too', async () => {
    const { inner, outer, url } = await nested([new Registry(), new Registry()]);
    expect(await statusOf(`${url}/b/metrics`)).toBe(200);
    expect(await recorded(inner, 0)).toEqual({});
    expect(await recorded(outer, 0)).toEqual({});
  });
});

describe('an application on Fastify within one on Express', () => {
  it('records what it handles, and so does the outer one', async () => {
    const inner = await initialised(await createApplication('fastify', moduleOf()));
    const fastify = (inner as NestFastifyApplication).getHttpAdapter().getInstance();
    await fastify.ready();
    const outer = await createApplication('express', moduleOf());
    outer.use('/f', (request: IncomingMessage, response: ServerResponse) =>
      fastify.routing(request, response),
    );
    closing.push(() => outer.close());
    await outer.listen(0, '127.0.0.1');
    const url = await outer.getUrl();
    expect(await statusOf(`${url}/f/pages/one`)).toBe(200);
    expect(await statusOf(`${url}/f/nothing`)).toBe(404);
    expect(await statusOf(`${url}/f/pages/%E0%A4%A`)).toBe(400);

    expect(await recorded(inner, 3)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="404"}': 1,
      '{method="GET",route="<unmatched>",status="400"}': 1,
    });
    expect(await recorded(outer, 3)).toEqual({
      '{method="GET",route="/f",status="200"}': 1,
      '{method="GET",route="/f",status="404"}': 1,
      '{method="GET",route="/f",status="400"}': 1,
    });
  });
});

describe('an application on Express', () => {
  it('labels what routers and applications of Express answer that it mounted', async () => {
    const router = express.Router();
    router.get('/books/:id', (_request, response) => void response.end('book'));
    router.get('/failing', (_request, _response, next) => next(new Error('on purpose')));
    const mounted = express();
    mounted.get('/books/:id', (_request, response) => void response.end('book'));
    mounted.use('/files', (_request, response) => void response.end('file'));
    const outer = await createApplication('express', moduleOf());
    outer.setGlobalPrefix('api');
    outer.use('/shop', router);
    outer.use('/app', mounted);
    outer
      .getHttpAdapter()
      .get(
        '/failing',
        (_request: unknown, _response: unknown, next?: Function) => void next?.(new Error('on purpose')),
      );
    closing.push(() => outer.close());
    await outer.listen(0, '127.0.0.1');
    const url = await outer.getUrl();
    for (const path of [
      '/shop/books/1',
      '/shop/failing',
      '/shop/nothing',
      '/app/books/2',
      '/app/files/a',
      '/failing',
    ]) {
      await statusOf(url + path);
    }

    expect(await recorded(outer, 6)).toEqual({
      '{method="GET",route="<mounted>/books/:id",status="200"}': 2,
      '{method="GET",route="<mounted>/failing",status="500"}': 1,
      '{method="GET",route="<unmatched>",status="404"}': 1,
      '{method="GET",route="/app",status="200"}': 1,
      '{method="GET",route="/failing",status="500"}': 1,
    });
  });
});
