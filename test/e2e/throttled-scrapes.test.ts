import { Controller, Get, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type EndpointOptions, HyperMetricsModule, MetricsService } from '../../src/index.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const LIMIT = 3;
/** Longer than any test. */
const TTL_MS = 3_600_000;

@Controller('books')
class BooksController {
  @Get()
  list(): string[] {
    return [];
  }
}

function moduleOf(endpoint: EndpointOptions): Type {
  @Module({
    imports: [
      ThrottlerModule.forRoot([{ ttl: TTL_MS, limit: LIMIT }]),
      HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, endpoint }),
    ],
    controllers: [BooksController],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

describe.each(PLATFORMS)('@nestjs/throttler as a global guard on %s', (platform) => {
  let target: RunningApplication | undefined;
  afterEach(async () => {
    await target?.close();
    target = undefined;
  });

  async function statuses(endpoint: EndpointOptions, path: string) {
    target = await startApplication(platform, moduleOf(endpoint));
    const answers = [];
    for (let request = 0; request < LIMIT + 2; request += 1) {
      answers.push(await ask(`${target.url}${path}`));
    }
    return answers;
  }

  it('refuses scrapes with the other requests, which is counted', async () => {
    const answers = await statuses({}, '/metrics');
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const { series } = parseExposition((await target?.app.get(MetricsService).collect()) ?? '');
    expect(series[seriesKey('hyperdjango_metrics_scrapes_refused_total', { reason: 'guard' })]).toBe(2);
  });

  it('leaves scrapes alone with @SkipThrottle() among the decorators, and throttles the rest', async () => {
    const answers = await statuses({ decorators: [SkipThrottle()] }, '/metrics');
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const others = [];
    for (let request = 0; request < LIMIT + 1; request += 1) {
      others.push((await ask(`${target?.url}/books`)).status);
    }
    expect(others).toEqual([200, 200, 200, 429]);
    const { series } = parseExposition((await ask(`${target?.url}/metrics`)).body);
    expect(series[seriesKey('hyperdjango_http_requests_total', { method: 'GET', status: '429' })]).toBe(1);
  });

  it('does not see scrapes at a port of their own', async () => {
    target = await startApplication(platform, moduleOf({ port: 0 }));
    const { endpointUrl } = target.app.get(MetricsService);
    for (let request = 0; request < LIMIT + 2; request += 1) {
      expect((await ask(endpointUrl as string)).status).toBe(200);
    }
  });
});
