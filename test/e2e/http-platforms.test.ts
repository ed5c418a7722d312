import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectHttp2, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication, Module, Param, Res, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule, type HyperMetricsOptions, MetricsService } from '../../src/index.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { createApplication, PLATFORMS, startApplication } from '../support/platforms.js';

const TOTAL = 'hyperdjango_http_requests_total';
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

interface RawReply {
  readonly raw: {
    write(chunk: string): void;
    writeHead(status: number): void;
    end(): void;
    statusCode: number;
  };
  hijack(): void;
}

@Controller()
class PagesController {
  @Get('pages/:name')
  page(@Param('name') name: string): string {
    return name;
  }

  @Get('hangs')
  hangs(): Promise<never> {
    return new Promise(() => {});
  }

  @Get('late')
  late(@Res() reply: RawReply): void {
    reply.hijack();
    reply.raw.writeHead(203);
    reply.raw.statusCode = 500;
    reply.raw.end();
  }

  @Get('half')
  half(@Res() reply: RawReply): void {
    reply.hijack();
    reply.raw.writeHead(200);
    reply.raw.write('half');
  }
}

function moduleOf(options: HyperMetricsOptions = {}): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, ...options })],
    controllers: [PagesController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function read(app: INestApplication): Promise<Exposition> {
  return readExposition(await app.get(MetricsService).collect());
}

describe('Fastify', () => {
  let app: NestFastifyApplication | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function create(adapter = new FastifyAdapter()): Promise<NestFastifyApplication> {
    app = await NestFactory.create<NestFastifyApplication>(moduleOf(), adapter, { logger: false });
    return app;
  }

  it('counts injected requests, which have no server', async () => {
    const target = await create();
    await target.init();
    await target.getHttpAdapter().getInstance().ready();
    expect((await target.inject('/pages/one')).payload).toBe('one');
    expect((await target.inject('/nothing')).statusCode).toBe(404);
    expect((await target.inject('/metrics')).payload).toContain('hyperdjango_info');

    expect(seriesOf(await read(target), ROUTES)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="GET",route="<unmatched>",status="404"}': 1,
    });
    expect((await read(target)).get(IN_FLIGHT)).toBe(0);
  });

  it('counts on every address that "localhost" binds', async () => {
    const target = await create();
    await target.listen(0, 'localhost');
    const addresses = target.getHttpAdapter().getInstance().addresses() as AddressInfo[];
    for (const { address, port, family } of addresses) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      await fetch(`http://${host}:${port}/pages/one`).then((response) => response.text());
    }

    expect(addresses.length).toBeGreaterThan(0);
    expect(sumOf(await read(target), TOTAL)).toBe(addresses.length);
  });

  it('counts what the router answers before any hook', async () => {
    const target = await create();
    await target.listen(0, '127.0.0.1');
    const url = await target.getUrl();
    expect((await fetch(`${url}/pages/${'x'.repeat(200)}`)).status).toBe(414);
    expect((await fetch(`${url}/pages/%E0%A4%A`)).status).toBe(400);

    expect(seriesOf(await read(target), ROUTES)).toEqual({
      '{method="GET",route="<unmatched>",status="414"}': 1,
      '{method="GET",route="<unmatched>",status="400"}': 1,
    });
  });

  it('counts HTTP/2 requests: completed, aborted before and after headers, unknown methods', async () => {
    const target = await create(new FastifyAdapter({ http2: true } as never));
    await target.listen(0, '127.0.0.1');
    const { port } = target.getHttpServer().address() as { port: number };
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const send = async (headers: OutgoingHttpHeaders): Promise<IncomingHttpHeaders> => {
      const stream = session.request(headers).resume();
      const [response] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      await once(stream, 'end');
      return response;
    };
    expect((await send({ ':path': '/pages/one' }))[':status']).toBe(200);
    expect((await send({ ':path': '/pages/one', ':method': 'INVENTED' }))[':status']).toBe(404);
    const hanging = session.request({ ':path': '/hangs' });
    await vi.waitFor(async () => expect((await read(target)).get(IN_FLIGHT)).toBe(1));
    hanging.close(8);
    expect((await send({ ':path': '/late' }))[':status']).toBe(203);
    const half = session.request({ ':path': '/half' });
    await once(half, 'data');
    half.close(8);

    await vi.waitFor(async () => expect(sumOf(await read(target), TOTAL)).toBe(5));
    expect((await read(target)).get(IN_FLIGHT)).toBe(0);
    expect(seriesOf(await read(target), ROUTES)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 1,
      '{method="UNKNOWN",route="<unmatched>",status="404"}': 1,
      '{method="GET",route="/hangs",status="499"}': 1,
      '{method="GET",route="/late",status="203"}': 1,
      '{method="GET",route="/half",status="200"}': 1,
    });
    expect((await send({ ':path': '/metrics' }))['content-type']).toContain('version=0.0.4');
    session.close();
  });
});

describe('Express', () => {
  it('counts requests of a second server in front of the same application', async () => {
    const target = await startApplication('express', moduleOf());
    const second = createServer(target.app.getHttpAdapter().getInstance() as RequestListener);
    second.listen(0, '127.0.0.1');
    await once(second, 'listening');
    const { port } = second.address() as { port: number };
    await fetch(`http://127.0.0.1:${port}/pages/one`).then((response) => response.text());
    await fetch(`${target.url}/pages/two`).then((response) => response.text());

    await vi.waitFor(async () => expect(sumOf(await target.read(), TOTAL)).toBe(2));
    expect(seriesOf(await target.read(), ROUTES)).toEqual({
      '{method="GET",route="/pages/:name",status="200"}': 2,
    });
    second.close();
    second.closeAllConnections();
    await target.close();
  });

  it('counts routes that were on the Express instance before Nest', async () => {
    const { default: express } = await import('express');
    const { ExpressAdapter } = await import('@nestjs/platform-express');
    const instance = express();
    instance.get('/early', (_request, response) => {
      response.send('early');
    });
    instance.get([/^\/regexp/, '/listed'], (_request, response) => {
      response.send('pattern');
    });
    const app = await NestFactory.create(moduleOf(), new ExpressAdapter(instance), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    await fetch(`${url}/early`).then((response) => response.text());
    await fetch(`${url}/listed`).then((response) => response.text());

    expect(seriesOf(await read(app), TOTAL)).toEqual({ '{method="GET",status="200"}': 2 });
    await app.close();
  });
});

describe.each(PLATFORMS)('HTTP options on %s', (platform) => {
  async function sentTo(http: HyperMetricsOptions['http'], paths: readonly string[]): Promise<Exposition> {
    const target = await startApplication(platform, moduleOf({ http }));
    for (const path of paths) {
      await fetch(target.url + path).then((response) => response.text());
    }
    const exposition = await target.read();
    await target.close();
    return exposition;
  }

  it('ignore leaves no trace, whatever the query', async () => {
    const exposition = await sentTo(
      {
        ignore: [
          '/pages/health',
          /^\/pages\/internal/g,
          ({ headers }) => headers['user-agent'] === 'probe',
          () => {
            throw new Error('broken predicate');
          },
        ],
      },
      ['/pages/health', '/pages/health?x=1', '/pages/internal-1', '/pages/internal-2', '/pages/healthy'],
    );

    expect(seriesOf(exposition, TOTAL)).toEqual({ '{method="GET",status="200"}': 1 });
    expect(exposition.get(IN_FLIGHT)).toBe(0);
  });

  it('ignore compares paths as the router does', async () => {
    const exposition = await sentTo({ ignore: ['/pages/health'] }, ['/pages/health/', '/PAGES/health']);

    expect(sumOf(exposition, TOTAL)).toBe(platform === 'express' ? 0 : 2);
  });

  it('routes: false exports no route family', async () => {
    const exposition = await sentTo({ routes: false }, ['/pages/one']);

    expect(sumOf(exposition, TOTAL)).toBe(1);
    expect([...exposition.keys()].filter((series) => series.includes('route'))).toEqual([]);
  });

  it('buckets shape both histograms', async () => {
    const exposition = await sentTo({ buckets: [30, 60] }, ['/pages/one']);
    const route = '{method="GET",route="/pages/:name",status="200",le="30"}';

    expect(exposition.get('hyperdjango_http_request_duration_seconds_bucket{le="30"}')).toBe(1);
    expect(exposition.get(`hyperdjango_http_route_duration_seconds_bucket${route}`)).toBe(1);
    expect(
      [...exposition.keys()].filter((series) => series.includes('http_') && series.includes('le="0.1"')),
    ).toEqual([]);
  });

  it('http: false exports no HTTP family and leaves the adapter alone', async () => {
    const app = await createApplication(platform, moduleOf({ http: false }));
    await app.init();
    const exposition = await read(app);
    expect(Object.hasOwn(app.getHttpAdapter(), 'setOnRequestHook')).toBe(false);
    await app.close();

    expect([...exposition.keys()].filter((series) => series.includes('http_'))).toEqual([]);
  });
});
