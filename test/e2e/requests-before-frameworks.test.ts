import { subscribe, unsubscribe, channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Body, Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { Server as SocketServer } from 'socket.io';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { INestApplication } from '@nestjs/common';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { type Platform, PLATFORMS } from '../support/platforms.js';
import { exchangeRaw, getRequest, sendRaw } from '../support/raw-http.js';

const TOTAL = 'hyperdjango_http_requests_total';
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';
const REQUEST_START = 'http.server.request.start';

@Controller('pages')
class PagesController {
  @Get(':name')
  page(): string {
    return 'page';
  }

  @Post()
  upload(@Body() body: object): object {
    return body;
  }
}

function moduleOf(): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
    controllers: [PagesController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

/** How Node's server is made, which Nest leaves open on Fastify only. */
interface ServerOptions {
  readonly requestTimeout?: number;
  readonly connectionsCheckingInterval?: number;
}

function adapterOf(platform: Platform, options: ServerOptions): ExpressAdapter | FastifyAdapter {
  if (platform === 'fastify') {
    return new FastifyAdapter({ http: options, ...options } as object);
  }
  class ConfiguredAdapter extends ExpressAdapter {
    override initHttpServer(): void {
      this.httpServer = createServer(options, this.getInstance());
    }
  }
  return new ConfiguredAdapter();
}

interface Running {
  readonly app: INestApplication;
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

const running: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

async function start(
  platform: Platform,
  options: ServerOptions = {},
  configure: (server: Server) => void = () => {},
): Promise<Running> {
  const app = await NestFactory.create(moduleOf(), adapterOf(platform, options), { logger: false });
  const server = app.getHttpServer() as Server;
  configure(server);
  await app.listen(0, '127.0.0.1');
  running.push(app);
  const { port } = server.address() as { port: number };
  return { app, server, port, url: `http://127.0.0.1:${port}` };
}

const read = async (app: INestApplication): Promise<Exposition> =>
  readExposition(await app.get(MetricsService).collect());

async function recorded(app: INestApplication, requests: number): Promise<Record<string, number>> {
  return vi.waitFor(
    async () => {
      const exposition = await read(app);
      expect(sumOf(exposition, TOTAL)).toBe(requests);
      expect(exposition.get(IN_FLIGHT)).toBe(0);
      return seriesOf(exposition, ROUTES);
    },
    { timeout: 60_000 },
  );
}

const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe.each(PLATFORMS)('What Node answers on %s', (platform) => {
  it('to more requests on a connection than it allows', async () => {
    const { app, port } = await start(platform, {}, (server) => {
      server.maxRequestsPerSocket = 1;
    });
    const received = await exchangeRaw(
      port,
      getRequest('/pages/one').repeat(2),
      (text) => statuses(text).length === 2,
    );
    expect(statuses(received)).toEqual([200, 503]);

    expect(await recorded(app, 2)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="503"}': 1,
    });
  });

  it('to an upload that takes too long', async () => {
    const { app, port } = await start(platform, { requestTimeout: 100, connectionsCheckingInterval: 20 });
    const head = ['POST /pages HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
    const received = await exchangeRaw(port, [...head, 'Content-Length: 100', '', '{"a":'].join('\r\n'));
    expect(statuses(received)).toEqual([408]);

    const route = platform === 'express' ? '<middleware>' : '/pages';
    expect(await recorded(app, 1)).toEqual({ [`{method="POST",route="${route}",status="408"}`]: 1 });
  });

  it('with the first of pipelined requests when a later one is malformed', async () => {
    const { app, port } = await start(platform);
    const received = await exchangeRaw(port, `${getRequest('/pages/one')}not a request\r\n\r\n`, (text) =>
      statuses(text).includes(400),
    );
    const expected = statuses(received).includes(200) ? '200' : '400';
    expect(await recorded(app, 1)).toEqual({
      [`{method="GET",route="/pages/:name",status="${expected}"}`]: 1,
    });
  });

  it('by what the application does with "Expect: 100-continue"', async () => {
    const { app, port } = await start(platform, {}, (server) => {
      server.on('checkContinue', (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(403);
        response.end();
      });
      server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
        response.statusCode = 299;
        response.end();
      });
    });
    expect(statuses(await exchangeRaw(port, getRequest('/pages/one', ['Expect: 100-continue'])))).toEqual([
      403,
    ]);
    expect(statuses(await exchangeRaw(port, getRequest('/pages/one', ['Expect: more'])))).toEqual([299]);

    expect(await recorded(app, 2)).toEqual({
      '{method="GET",route="<unmatched>",status="403"}': 1,
      '{method="GET",route="<middleware>",status="299"}': 1,
    });
  });

  it('is counted in the application whose server it is, and observed while that is there', async () => {
    const hasSubscribers = (): boolean => channel(REQUEST_START).hasSubscribers;
    expect(hasSubscribers()).toBe(false);
    const [one, other] = [await start(platform), await start(platform)];
    expect(hasSubscribers()).toBe(false);
    const stranger = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const noHost = 'GET / HTTP/1.1\r\n\r\n';
    expect(statuses(await exchangeRaw(one.port, noHost))).toEqual([400]);
    expect(statuses(await exchangeRaw((stranger.address() as { port: number }).port, noHost))).toEqual([400]);
    stranger.close();
    expect(hasSubscribers()).toBe(true);

    expect(await recorded(one.app, 1)).toEqual({ '{method="GET",route="<unmatched>",status="400"}': 1 });
    expect(await recorded(other.app, 0)).toEqual({});
    await Promise.all(running.splice(0).map((app) => app.close()));
    expect(hasSubscribers()).toBe(false);
  });

  it('to what has no request is not counted', async () => {
    const { app, port } = await start(platform);
    expect(statuses(await exchangeRaw(port, 'not a request\r\n\r\n'))).toEqual([400]);
    const long = getRequest('/pages/one', [`X-Long: ${'x'.repeat(100_000)}`]);
    expect(statuses(await exchangeRaw(port, long))).toEqual([431]);
    expect(await recorded(app, 0)).toEqual({});
  });

  it('leaves other observers of its requests alone', async () => {
    const seen = vi.fn();
    subscribe(REQUEST_START, seen);
    const { app, url } = await start(platform);
    await fetch(`${url}/pages/one`).then((response) => response.text());
    expect(seen).toHaveBeenCalledTimes(1);
    for (const odd of [undefined, {}, { server: {} }, { server: null }]) {
      channel(REQUEST_START).publish(odd);
    }
    await recorded(app, 1);
    await app.close();
    expect(channel(REQUEST_START).hasSubscribers).toBe(true);
    unsubscribe(REQUEST_START, seen);
  });
});

describe.each(PLATFORMS)('socket.io on %s', (platform) => {
  it.each(['before', 'after'] as const)('is counted when it is attached %s listen()', async (when) => {
    let sockets: SocketServer | undefined;
    const attach = (server: Server): void => {
      sockets = new SocketServer(server, { transports: ['polling'] });
    };
    const target = await start(platform, {}, when === 'before' ? attach : undefined);
    if (when === 'after') {
      attach(target.server);
    }
    const path = '/socket.io/?EIO=4&transport=polling';
    const handshake = await fetch(target.url + path);
    expect(handshake.status).toBe(200);
    await handshake.text();
    expect((await fetch(`${target.url}/socket.io/?EIO=4&transport=none`)).status).toBe(400);
    await fetch(`${target.url}/pages/one`).then((response) => response.text());

    expect(await recorded(target.app, 3)).toEqual({
      '{method="GET",route="<middleware>",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="400"}': 1,
      '{method="GET",route="/pages/:name",status="200"}': 1,
    });
    await sockets?.close();
    const socket = await sendRaw(target.port, '').catch(() => undefined);
    socket?.destroy();
  });
});
