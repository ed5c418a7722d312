import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { connect as connectHttp2 } from 'node:http2';
import { once } from 'node:events';
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Module,
  Post,
  StreamableFile,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import {
  type HttpLabelContext,
  type HttpLabelFunction,
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
} from '../../src/index.js';
import { readExposition, seriesOf } from '../support/exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { sendRaw } from '../support/raw-http.js';

const ROUTE_COUNT = 'hyperdjango_http_route_duration_seconds_count';
const ERRORS = 'hyperdjango_metrics_collector_errors_total';

interface TenantRequest {
  tenant?: string;
  readonly headers: Record<string, string | undefined>;
}

class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    request.tenant = request.headers['x-tenant'] ?? 'none';
    return true;
  }
}

@Controller('files')
class FilesController {
  @Get('text')
  text(): string {
    return 'ä'.repeat(500);
  }

  @Get('stream')
  stream(): StreamableFile {
    return new StreamableFile(Readable.from([Buffer.alloc(70_000), Buffer.alloc(30_000)]));
  }

  @Get('zipped')
  zipped(): StreamableFile {
    return new StreamableFile(Readable.from([Buffer.alloc(100_000)]).pipe(createGzip()));
  }

  @Get('nothing')
  @HttpCode(204)
  nothing(): void {}

  @Get('tenant')
  @UseGuards(TenantGuard)
  tenant(): string {
    return 'yours';
  }

  @Post()
  upload(@Body() body: unknown): string {
    return JSON.stringify(body).slice(0, 2);
  }
}

function moduleOf(http: HyperMetricsOptions['http']): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, http })],
    controllers: [FilesController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

describe.each(PLATFORMS)('body sizes on %s', (platform) => {
  async function sizesOf(
    send: (target: RunningApplication) => Promise<unknown>,
    method: string,
    route: string,
  ): Promise<{ request: number | undefined; response: number | undefined }> {
    const target = await startApplication(platform, moduleOf({ sizes: true }));
    await send(target);
    const sum = async (side: string): Promise<number | undefined> =>
      (await target.read()).get(
        `hyperdjango_http_${side}_size_bytes_sum{method="${method}",route="${route}"}`,
      );
    await vi.waitFor(async () => expect(await sum('response')).toBeDefined());
    const sizes = { request: await sum('request'), response: await sum('response') };
    await target.close();
    return sizes;
  }

  const download =
    (path: string, method = 'GET') =>
    (target: RunningApplication): Promise<unknown> =>
      fetch(target.url + path, { method }).then((response) => response.arrayBuffer());

  it('of text are bytes, not characters', async () => {
    expect(await sizesOf(download('/files/text'), 'GET', '/files/text')).toEqual({
      request: 0,
      response: 1000,
    });
  });

  it('of streams without Content-Length are counted as they pass', async () => {
    expect(await sizesOf(download('/files/stream'), 'GET', '/files/stream')).toEqual({
      request: 0,
      response: 100_000,
    });
  });

  it('are those after compression', async () => {
    const { response } = await sizesOf(download('/files/zipped'), 'GET', '/files/zipped');
    expect(response).toBeGreaterThan(20);
    expect(response).toBeLessThan(1000);
  });

  it.each([
    ['HEAD', '/files/text'],
    ['GET', '/files/nothing'],
  ])('of %s %s are 0', async (method, path) => {
    expect(await sizesOf(download(path, method), method, path)).toEqual({ request: 0, response: 0 });
  });

  const BODY = JSON.stringify({ text: 'x'.repeat(50_000) });

  it('of uploads with Content-Length are counted', async () => {
    const upload = (target: RunningApplication): Promise<unknown> =>
      fetch(`${target.url}/files`, {
        method: 'POST',
        body: BODY,
        headers: { 'content-type': 'application/json' },
      }).then((response) => response.text());
    expect(await sizesOf(upload, 'POST', '/files')).toEqual({ request: BODY.length, response: 2 });
  });

  it('of chunked uploads are counted', async () => {
    const upload = (target: RunningApplication): Promise<unknown> =>
      fetch(`${target.url}/files`, {
        method: 'POST',
        body: Readable.toWeb(Readable.from([Buffer.from(BODY)])) as ReadableStream,
        duplex: 'half',
        headers: { 'content-type': 'application/json' },
      }).then((response) => response.text());
    expect(await sizesOf(upload, 'POST', '/files')).toEqual({ request: BODY.length, response: 2 });
  });

  it('of an upload that the client leaves are what arrived', async () => {
    const upload = async (target: RunningApplication): Promise<void> => {
      const head = ['POST /files HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
      const socket = await sendRaw(
        target.port,
        [...head, 'Content-Length: 1000', '', 'x'.repeat(10)].join('\r\n'),
      );
      const inFlight = async (): Promise<number | undefined> =>
        (await target.read()).get('hyperdjango_http_requests_in_flight');
      await vi.waitFor(async () => expect(await inFlight()).toBe(1));
      socket.destroy();
    };
    const route = platform === 'express' ? '<unmatched>' : '/files';
    expect((await sizesOf(upload, 'POST', route)).request).toBe(10);
  });
});

it('body sizes of HTTP/2 are counted once', async () => {
  const app = await NestFactory.create(
    moduleOf({ sizes: true }),
    new FastifyAdapter({ http2: true } as never),
    { logger: false },
  );
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ':path': '/files',
    ':method': 'POST',
    'content-type': 'application/json',
  });
  stream.end('{"a":1}');
  stream.resume();
  await once(stream, 'end');
  const exposition = readExposition(await app.get(MetricsService).collect());
  session.close();
  await app.close();

  const series = '_size_bytes_sum{method="POST",route="/files"}';
  expect(exposition.get(`hyperdjango_http_request${series}`)).toBe(7);
  expect(exposition.get(`hyperdjango_http_response${series}`)).toBe(2);
});

describe.each(PLATFORMS)('labels of your own on %s', (platform) => {
  async function start(labels: Record<string, HttpLabelFunction>): Promise<RunningApplication> {
    return startApplication(platform, moduleOf({ labels }));
  }

  async function get({ url }: RunningApplication, path: string, tenant = ''): Promise<void> {
    const response = await fetch(url + path, { headers: { 'x-tenant': tenant } });
    await response.arrayBuffer();
    expect(response.status).toBeLessThan(500);
  }

  it('see what guards put on the request, the route and the status, and 404s have them too', async () => {
    const target = await start({
      tenant: ({ request }: HttpLabelContext<TenantRequest>) => request.tenant ?? 'nobody',
      class: ({ status }) => `${Math.floor(status / 100)}xx`,
      matched: ({ route }) => route !== '<unmatched>',
    });
    await get(target, '/files/tenant', 'acme');
    await get(target, '/nothing', 'acme');
    const exposition = await target.read();
    await target.close();

    expect(seriesOf(exposition, ROUTE_COUNT)).toEqual({
      '{method="GET",route="/files/tenant",status="200",tenant="acme",class="2xx",matched="true"}': 1,
      '{method="GET",route="<unmatched>",status="404",tenant="nobody",class="4xx",matched="false"}': 1,
    });
    expect(seriesOf(exposition, 'hyperdjango_http_requests_total')).toEqual({
      '{method="GET",status="200"}': 1,
      '{method="GET",status="404"}': 1,
    });
  });

  it('that cannot be had are "unknown" and counted, and the request is none the wiser', async () => {
    const block = (): string => {
      const end = performance.now() + 20;
      while (performance.now() < end);
      return 'slow';
    };
    const target = await start({
      throwing: () => {
        throw new Error('on purpose');
      },
      missing: () => undefined as never,
      promised: () => Promise.reject(new Error('too late')) as never,
      blocking: block,
      text: () => 'a"b\\c\nd',
    });
    for (let sent = 0; sent < 3; sent += 1) {
      await get(target, '/files/tenant');
    }
    const exposition = await target.read();
    await target.close();

    const labels =
      'throwing="unknown",missing="unknown",promised="unknown",blocking="slow",text="a\\"b\\\\c\\nd"';
    expect(seriesOf(exposition, ROUTE_COUNT)).toEqual({
      [`{method="GET",route="/files/tenant",status="200",${labels}}`]: 3,
    });
    expect(seriesOf(exposition, ERRORS)).toEqual({
      '{collector="http.labels.throwing"}': 3,
      '{collector="http.labels.missing"}': 3,
      '{collector="http.labels.promised"}': 3,
      '{collector="http.labels.blocking"}': 1,
    });
  });

  it('take 100 values, and further ones become "other"', async () => {
    let next = 0;
    const target = await start({
      id: () => {
        next += 1;
        return next;
      },
      long: () => 'x'.repeat(1000),
    });
    for (let sent = 0; sent < 130; sent += 1) {
      await get(target, '/files/tenant');
    }
    const series = seriesOf(await target.read(), ROUTE_COUNT);
    await target.close();

    const long = `long="${'x'.repeat(128)}"`;
    expect(Object.keys(series)).toHaveLength(101);
    expect(series[`{method="GET",route="/files/tenant",status="200",id="100",${long}}`]).toBe(1);
    expect(series[`{method="GET",route="/files/tenant",status="200",id="other",${long}}`]).toBe(30);
  });
});
