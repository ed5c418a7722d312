import { Controller, Get, Module, type Type, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { gunzipSync } from 'node:zlib';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type EndpointOptions,
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
} from '../../src/index.js';
import { sumOf } from '../support/exposition.js';
import { FeedReader } from '../support/feed-reader.js';
import { ask } from '../support/http-client.js';
import { laterClock } from '../support/later-clock.js';
import { LogLines } from '../support/log-lines.js';
import { createApplication, PLATFORMS, startApplication } from '../support/platforms.js';

@Controller()
class ShopController {
  @Get('books')
  list(): string {
    return 'books';
  }

  @Get('*')
  any(): string {
    return 'anything';
  }
}

const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

interface Setting {
  readonly options?: HyperMetricsOptions;
  readonly endpoint?: EndpointOptions;
  readonly async?: boolean;
  readonly controllers?: Type[];
}

function moduleOf({ options, endpoint, async = false, controllers = [ShopController] }: Setting): Type {
  const all = {
    registry: new Registry(),
    runtimeMetrics: false,
    endpoint: { page: true, ...endpoint },
    ...options,
  };
  @Module({
    imports: [
      async ? HyperMetricsModule.forRootAsync({ useFactory: () => all }) : HyperMetricsModule.forRoot(all),
    ],
    controllers,
  })
  class ApplicationModule {}
  return ApplicationModule;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const one of open.splice(0).toReversed()) {
    await one.close();
  }
});

async function readFeed(url: string, headers = {}): Promise<FeedReader> {
  const reader = await FeedReader.open(`${url}/live/feed`, headers);
  open.push(reader);
  return reader;
}

describe.each(PLATFORMS)('the live page on %s', (platform) => {
  async function start(setting: Setting = {}, configure?: Parameters<typeof startApplication>[2]) {
    const logger = new LogLines();
    const target = await startApplication(platform, moduleOf(setting), configure, { logger });
    open.push(target);
    return { target, logger, url: target.app.get(MetricsService).endpointUrl ?? `${target.url}/metrics` };
  }

  it.each([
    ['forRoot()', {}],
    ['forRootAsync()', { async: true }],
    ['a port of its own', { endpoint: { port: 0 } }],
  ])('is one document with a policy, and a feed (%s)', async (_, setting) => {
    const { url, target } = await start(setting);
    const { status, headers, body } = await ask(`${url}/live`);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ]);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; connect-src 'self';/,
    );
    const html = body.toString();
    expect(html).toContain('<h1>Live metrics');
    expect(html).not.toMatch(/<(script|link|img)[^>]* (src|href)="(?!data:)/);
    expect(html).not.toMatch(/ on[a-z]+=/);

    const zipped = await ask(`${url}/live`, { 'Accept-Encoding': 'gzip' });
    expect([zipped.headers['content-encoding'], gunzipSync(zipped.body).equals(body)]).toEqual([
      'gzip',
      true,
    ]);
    const head = await ask(`${url}/live`, {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(body.length),
      0,
    ]);

    await ask(`${target.url}/books`);
    const reader = await readFeed(url);
    expect((await reader.next('layout')).tiles.map(({ title }) => title)).toContain('Requests');
    await vi.waitUntil(() => reader.received('state').at(-1)?.totals.requests === 1);
  });

  it('is small', async () => {
    const { url } = await start();
    expect((await ask(`${url}/live`)).body.length).toBeLessThanOrEqual(120_000);
    expect((await ask(`${url}/live`, { 'Accept-Encoding': 'gzip' })).body.length).toBeLessThanOrEqual(45_000);
  });

  it('and its feed are no requests of the application’s, not even in flight', async () => {
    const { target, url } = await start();
    await ask(`${url}/live`);
    await ask(`${url}/live?theme=dark`, {}, 'HEAD');
    const reader = await readFeed(url);
    await reader.next('state');
    const counted = await target.read();
    expect(sumOf(counted, 'hyperdjango_http_requests_total')).toBe(0);
    expect(counted.get('hyperdjango_http_requests_in_flight')).toBe(0);
    expect(counted.get('hyperdjango_metrics_scrape_duration_seconds_count') ?? 0).toBe(0);
  });

  it('has exactly these paths, before the application’s routes', async () => {
    const { target } = await start();
    const bodies = await Promise.all(
      ['/metrics/live', '/metrics/live/', '/METRICS/live', '/metrics/live/feeds', '/metrics/lives'].map(
        async (path) => (await ask(target.url + path)).body.toString().slice(0, 15),
      ),
    );
    expect(bodies[0]).toBe('<!doctype html>');
    expect(bodies.slice(1).every((body) => body === 'anything')).toBe(true);
    expect((await ask(`${target.url}/metrics/live`, {}, 'POST')).status).toBe(404);
  });

  it('is outside of the global prefix and of versions, below the path of the scrape', async () => {
    const { target } = await start({ options: { path: '/ops/numbers' }, controllers: [] }, (app) => {
      app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    expect((await ask(`${target.url}/ops/numbers/live`)).status).toBe(200);
    expect((await ask(`${target.url}/api/ops/numbers/live`)).status).toBe(404);
    const reader = await readFeed(`${target.url}/ops/numbers`);
    expect(reader.headers['content-type']).toContain('event-stream');
  });

  it.each([
    ['no credentials', { bearerToken: 'secret' }, {}, 401],
    ['a wrong token', { bearerToken: 'secret' }, { Authorization: 'Bearer wrong' }, 401],
    ['the token', { bearerToken: 'secret' }, { Authorization: 'Bearer secret' }, 200],
    ['a wrong password', { basicAuth: { username: 'u', password: 'p' } }, basic('u:x'), 401],
    ['the password', { basicAuth: { username: 'u', password: 'p' } }, basic('u:p'), 200],
    ['another address', { allowIps: ['10.0.0.0/8'] }, {}, 403],
    ['a closed guard', { guards: [{ canActivate: () => false }] }, {}, 403],
    ['an open guard', { guards: [{ canActivate: () => true }] }, {}, 200],
  ])('has the access control of the scrape: %s', async (_, access, headers, status) => {
    const { url } = await start({ endpoint: access });
    const paths = ['', '/live', '/live/feed'];
    const statuses = await Promise.all(
      paths.map(async (path) => {
        const abort = new AbortController();
        const response = await fetch(url + path, {
          headers: headers as Record<string, string>,
          signal: abort.signal,
        });
        const challenge = response.headers.get('www-authenticate');
        abort.abort();
        return [response.status, (challenge === null) === (status !== 401)];
      }),
    );
    expect(statuses).toEqual(paths.map(() => [status, true]));
  });

  it('has the access control of the scrape on a port of its own', async () => {
    const { url } = await start({ endpoint: { port: 0, basicAuth: { username: 'u', password: 'p' } } });
    for (const path of ['/live', '/live/feed']) {
      expect((await ask(url + path)).status).toBe(401);
    }
    expect((await ask(`${url}/live`, basic('u:p'))).status).toBe(200);
    const reader = await readFeed(url, basic('u:p'));
    await reader.next('state');
    expect((await ask(`${url}/live`, basic('u:p'), 'POST')).status).toBe(405);
    expect((await ask(`${url}/live/more`, basic('u:p'))).status).toBe(404);
  });

  it('ends a feed whose credentials are revoked within a minute', async () => {
    let mayLook = true;
    const later = laterClock();
    const { url } = await start({ endpoint: { guards: [{ canActivate: () => mayLook }] } });
    const reader = await readFeed(url);
    await reader.next('state');
    mayLook = false;
    later.add(60_000);
    await reader.ended;
    await expect(readFeed(url, { 'Last-Event-ID': reader.lastId })).rejects.toThrow('answers 403');
  });

  it('has the application’s headers, and its own policy', async () => {
    const { url } = await start({}, (app) => {
      app.enableCors();
      app.use((_: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
        response.setHeader('Content-Security-Policy', "default-src 'self'");
        next();
      });
    });
    const { headers } = await ask(`${url}/live`);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect((await readFeed(url)).headers['content-type']).toContain('event-stream');
  });

  it('does not keep the application from closing', async () => {
    const { target, url } = await start();
    const readers = await Promise.all([readFeed(url), readFeed(url)]);
    await readers[0]?.next('state');
    await target.close();
    await Promise.all(readers.map(({ ended }) => ended));
    await expect(ask(`${url}/live`)).rejects.toThrow('ECONNREFUSED');
  });

  it('does not keep the server on a port of its own from closing', async () => {
    const { target, url } = await start({ endpoint: { port: 0 } });
    const reader = await readFeed(url);
    await reader.next('state');
    await target.close();
    await reader.ended;
    await expect(ask(`${url}/live`)).rejects.toThrow('ECONNREFUSED');
  });

  it('is not there when it is off', async () => {
    const { target, logger } = await start({ endpoint: { page: false }, controllers: [] });
    expect((await ask(`${target.url}/metrics/live`)).status).toBe(404);
    expect((await ask(`${target.url}/metrics/live/feed`)).status).toBe(404);
    expect(sumOf(await target.read(), 'hyperdjango_http_requests_total')).toBe(2);
    expect(logger.lines.join('\n')).not.toContain('live page');
  });

  it('is announced at the start', async () => {
    const { logger } = await start();
    expect(logger.lines.filter((line) => line.startsWith('Metrics at'))).toEqual([
      expect.stringContaining('live page at /metrics/live'),
    ]);
  });

  it('says at the start that its path is taken', async () => {
    @Controller('metrics')
    class TakenController {
      @Get('live')
      live(): string {
        return 'mine';
      }
    }
    const app = await createApplication(platform, moduleOf({ controllers: [TakenController] }));
    await expect(app.init()).rejects.toThrow(
      'The path "/metrics/live" of endpoint.page is taken: TakenController.live() has a GET route there',
    );
  });

  it('shows what a collector keeps back, and since when', async () => {
    const registry = new Registry();
    const { url, target } = await start({ options: { registry }, endpoint: { collectorTimeoutMs: 50 } });
    const gauge = new Gauge({
      name: 'stuck',
      help: 'Stuck.',
      registers: [registry],
      collect: () => new Promise(() => {}),
    });
    const reader = await readFeed(url);
    await vi.waitUntil(() => (reader.received('state').at(-1)?.missing.rows.length ?? 0) > 0);
    const states = reader.received('state');
    const [{ name, sinceMs } = { name: '', sinceMs: 0 }] = states.at(-1)?.missing.rows ?? [];
    expect(name).toBe('stuck');
    expect(sinceMs).toBeLessThanOrEqual(states.at(-1)?.atMs ?? 0);
    await ask(`${target.url}/books`);
    await vi.waitUntil(() => reader.received('state').at(-1)?.totals.requests === 1);
    registry.removeSingleMetric('stuck');
    await vi.waitUntil(() => reader.received('state').at(-1)?.missing.rows.length === 0);
    expect(gauge).toBeDefined();
  });
});

describe('an application without HTTP', () => {
  it('has no page without a port, and gathers nothing', async () => {
    const registry = new Registry();
    let gathers = 0;
    const collect = (): void => void (gathers += 1);
    new Gauge({ name: 'gathers', help: 'Counts.', registers: [registry], collect });
    const app = await NestFactory.createApplicationContext(
      moduleOf({ options: { registry }, controllers: [] }),
      {
        logger: false,
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gathers).toBe(0);
    await app.close();
  });
});
