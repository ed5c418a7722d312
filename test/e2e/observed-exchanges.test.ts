import {
  Controller,
  Get,
  Header,
  type INestApplication,
  Module,
  Param,
  Res,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { HyperMetricsModule, MetricsService } from '../../src/index.js';
import { type Exposition, readExposition, seriesOf } from '../support/exposition.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

const TOTAL = 'hyperdjango_http_requests_total';
const DURATIONS = 'hyperdjango_http_request_duration_seconds_count';
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';

interface HijackedReply {
  readonly raw: { writeHead(status: number, headers: Record<string, string>): void; end(text: string): void };
  header(name: string, value: string): void;
  hijack(): void;
}

@Controller()
class PagesController {
  @Get('pages/:name')
  page(@Param('name') name: string): string {
    return name;
  }

  @Get('books/:name')
  book(@Param('name') name: string): string {
    return name;
  }

  @Get('events')
  @Header('Content-Type', 'Text/Event-Stream')
  events(): string {
    return 'data: one\n\n';
  }

  @Get('hijacked')
  hijacked(@Res() reply: HijackedReply): void {
    reply.header('content-type', 'application/json');
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.raw.end('data: one\n\n');
  }
}

function applicationModule(): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
    controllers: [PagesController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function get(url: string): Promise<string> {
  const response = await fetch(url);
  return response.text();
}

describe.each(PLATFORMS)('On %s', (platform) => {
  it('counts an event stream that is complete at once, and does not time it', async () => {
    const target = await startApplication(platform, applicationModule());
    expect(await get(`${target.url}/events`)).toBe('data: one\n\n');
    const exposition = await target.read();
    expect(seriesOf(exposition, TOTAL)).toEqual({ '{method="GET",status="200"}': 1 });
    expect(exposition.get(DURATIONS)).toBe(0);
    await target.close();
  });
});

it('does not time an event stream that is written past Fastify, whatever type its reply had', async () => {
  const target = await startApplication('fastify', applicationModule());
  expect(await get(`${target.url}/hijacked`)).toBe('data: one\n\n');
  const exposition = await target.read();
  expect(seriesOf(exposition, TOTAL)).toEqual({ '{method="GET",status="200"}': 1 });
  expect(exposition.get(DURATIONS)).toBe(0);
  await target.close();
});

describe('A request that is held before it reaches Nest', () => {
  let app: INestApplication | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  /** Serves /books while /pages waits in front of Nest's own hook. */
  async function overtake(
    adapter: AbstractHttpAdapter,
    held: () => (() => void) | undefined,
  ): Promise<Exposition> {
    app = await NestFactory.create(applicationModule(), adapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const first = get(`${url}/pages/one`);
    await expect.poll(held).toBeDefined();
    expect(await get(`${url}/books/two`)).toBe('two');
    held()?.();
    expect(await first).toBe('one');
    return readExposition(await app.get(MetricsService).collect());
  }
  const EACH_ONCE = {
    '{method="GET",route="/books/:name",status="200"}': 1,
    '{method="GET",route="/pages/:name",status="200"}': 1,
  };

  it('by a middleware of Express is counted once, under its own route', async () => {
    let go: (() => void) | undefined;
    const { default: express } = await import('express');
    const instance = express();
    instance.use((request, _response, next) => {
      if (request.url.startsWith('/pages')) {
        go = next;
      } else {
        next();
      }
    });
    expect(seriesOf(await overtake(new ExpressAdapter(instance), () => go), ROUTES)).toEqual(EACH_ONCE);
  });

  it('by a hook of Fastify is counted once, under its own route', async () => {
    let go: (() => void) | undefined;
    const { fastify } = await import('fastify');
    const instance = fastify();
    instance.addHook('onRequest', (request, _reply, done) => {
      if (request.url.startsWith('/pages')) {
        go = done;
      } else {
        done();
      }
    });
    const adapter = new FastifyAdapter(instance as never);
    expect(seriesOf(await overtake(adapter, () => go), ROUTES)).toEqual(EACH_ONCE);
  });
});
