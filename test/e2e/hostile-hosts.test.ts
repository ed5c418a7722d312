import { Controller, Get, Logger, Module, Post, Query, Redirect, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricConflictError,
  MetricsService,
} from '../../src/index.js';
import type { HttpAdapter, OnRequestHook } from '../../src/http/http-adapter.interface.js';
import { readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { createApplication, PLATFORMS, startApplication } from '../support/platforms.js';

const TOTAL = 'hyperdjango_http_requests_total';
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

let finish = (): void => {};

@Controller()
class PagesController {
  @Get('ok')
  ok(): string {
    return 'ok';
  }

  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => {
      finish = () => resolve('slow');
    });
  }

  @Get('redirect')
  @Redirect()
  redirect(@Query('next') next: string): { url: string } {
    return { url: `/ok?next=${next}` };
  }

  @Post('upload')
  upload(): string {
    return 'taken';
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

async function status(url: string): Promise<number> {
  const response = await fetch(url, { redirect: 'manual' });
  await response.arrayBuffer();
  return response.status;
}

describe.each(PLATFORMS)('a host on %s that', (platform) => {
  afterEach(() => Logger.overrideLogger(['error', 'warn', 'log']));

  it('wraps our request hook by hand still gets its requests through, counted once', async () => {
    const seen: string[] = [];
    const target = await startApplication(platform, moduleOf(), async (app) => {
      await app.init();
      const adapter = app.getHttpAdapter() as unknown as HttpAdapter;
      const previous = adapter.onRequestHook as OnRequestHook;
      adapter.setOnRequestHook?.((request, response, done) => {
        seen.push('theirs');
        return previous(request, response, done);
      });
    });
    expect(await status(`${target.url}/ok`)).toBe(200);
    expect(sumOf(await target.read(), TOTAL)).toBe(1);
    expect(seen).toEqual(['theirs']);
    await target.close();
  });

  it('resets its registry during a request finds the gauge back at 0 afterwards', async () => {
    const registry = new Registry();
    const target = await startApplication(platform, moduleOf({ registry }));
    const answer = status(`${target.url}/slow`);
    await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(1));
    registry.resetMetrics();
    finish();
    expect(await answer).toBe(200);

    await vi.waitFor(async () => expect(sumOf(await target.read(), TOTAL)).toBe(1));
    expect((await target.read()).get(IN_FLIGHT)).toBe(0);
    await target.close();
  });

  it('echoes the name of event streams in other headers has its requests timed', async () => {
    const target = await startApplication(platform, moduleOf());
    expect(await status(`${target.url}/redirect?next=text/event-stream`)).toBe(302);

    expect((await target.read()).get('hyperdjango_http_request_duration_seconds_count')).toBe(1);
    await target.close();
  });

  it('has a logger that throws still serves', async () => {
    const fail = (): never => {
      throw new Error('no log');
    };
    Logger.overrideLogger({ log: fail, warn: fail, error: fail, debug: fail });
    const target = await startApplication(
      platform,
      moduleOf({
        http: {
          ignore: [
            () => {
              throw Object.create(null);
            },
          ],
        },
      }),
      undefined,
      { logger: { log: () => {}, warn: fail, error: () => {}, debug: fail } },
    );
    expect(await status(`${target.url}/ok`)).toBe(200);
    expect(await status(`${target.url}/ok`)).toBe(200);
    expect(sumOf(await target.read(), TOTAL)).toBe(2);
    await target.close();
  });

  it('ignores by a predicate that returns promises is told, and its requests count', async () => {
    const predicate = (() => Promise.reject(new Error('late'))) as unknown as () => boolean;
    const target = await startApplication(platform, moduleOf({ http: { ignore: [predicate] } }));
    expect(await status(`${target.url}/ok`)).toBe(200);
    expect(sumOf(await target.read(), TOTAL)).toBe(1);
    await target.close();
  });

  it('fails to start leaves nothing in the registry of the others', async () => {
    const registry = new Registry();
    const first = await startApplication(platform, moduleOf({ registry, http: { buckets: [1] } }));
    const second = await createApplication(
      platform,
      moduleOf({ registry, version: '9.9.9', http: { buckets: [2] } }),
    );
    await expect(second.init()).rejects.toThrow(MetricConflictError);

    expect(await first.app.get(MetricsService).collect()).not.toContain('9.9.9');
    await first.close();
  });

  it('sets illegal default labels on its registry gets a correct exposition', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ 'my-app': 'x', le: 'z', region: 'eu' });
    const target = await startApplication(platform, moduleOf({ registry }));
    const exposition = await target.read();
    await target.close();

    expect(exposition.get('hyperdjango_http_request_duration_seconds_count{region="eu"}')).toBe(0);
  });

  it('has a metric that never answers is scraped without it, and told', { timeout: 180_000 }, async () => {
    const registry = new Registry();
    const stuck = { name: 'stuck', help: 'S.', type: 'gauge', get: () => new Promise(() => {}), reset() {} };
    registry.registerMetric(stuck as never);
    const target = await startApplication(platform, moduleOf({ registry }));
    const first = await fetch(`${target.url}/metrics`).then((response) => response.text());
    expect(first).toContain('hyperdjango_uptime_seconds');
    expect(first).not.toContain('stuck');
    registry.removeSingleMetric('stuck');

    expect(seriesOf(await target.read(), 'hyperdjango_metrics_collector_errors_total')).toEqual({
      '{collector="stuck"}': 1,
    });
    await target.close();
  });
});

describe('Express', () => {
  it('labels routes of mounted routers without what the client sent for the mount', async () => {
    const { Router } = await import('express');
    const router = Router();
    router.get('/orders/:id', (_request, response) => {
      response.send('order');
    });
    const target = await startApplication('express', moduleOf(), (app) => {
      app.use('/:tenant/shop', router);
    });
    await status(`${target.url}/acme/shop/orders/1`);
    await status(`${target.url}/OTHER/SHOP/orders/2`);

    expect(seriesOf(await target.read(), ROUTES)).toEqual({
      '{method="GET",route="<mounted>/orders/:id",status="200"}': 2,
    });
    await target.close();
  });

  it('never counts a scrape that arrived under another URL', async () => {
    const target = await startApplication('express', moduleOf(), (app) => {
      app.use((request: { url: string }, _response: unknown, next: () => void) => {
        request.url = request.url.replace('/service', '');
        next();
      });
    });
    const text = await fetch(`${target.url}/service/metrics`).then((response) => response.text());

    expect(text).toContain(`\n${IN_FLIGHT} 0\n`);
    expect(sumOf(await target.read(), TOTAL)).toBe(0);
    await target.close();
  });

  it('serves two applications on one adapter', async () => {
    const adapter = new ExpressAdapter();
    const registry = new Registry();
    @Module({ imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false, path: '/other' })] })
    class OtherModule {}
    const first = await NestFactory.create(moduleOf({ registry }), adapter, { logger: false });
    const second = await NestFactory.create(OtherModule, adapter, { logger: false });
    await first.init();
    await second.init();
    await second.listen(0, '127.0.0.1');
    expect(await status(`${await second.getUrl()}/ok`)).toBe(200);

    const exposition = readExposition(await first.get(MetricsService).collect());
    expect(seriesOf(exposition, TOTAL)).toEqual({ '{method="GET",status="200"}': 1 });
    await second.close();
    await first.close().catch(() => {});
  });
});
