import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { inspect } from 'node:util';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { HyperMetricsModule } from '../../../../src/module/hyper-metrics.module.js';
import {
  APPLICATION_METRICS,
  ENDPOINT_REQUESTS,
  HYPER_METRICS_OPTIONS,
  METRICS_SERVER,
} from '../../../../src/options/tokens.js';
import { MetricsService } from '../../../../src/service/metrics.service.js';

const OPTIONS = {
  registry: new Registry(),
  endpoint: { bearerToken: ['hunter2', 'hunter2b'], basicAuth: { username: 'shop', password: 'hunter2' } },
  pushOnShutdown: { url: 'http://shop:hunter2@127.0.0.1:1', jobName: 'night', retries: 0, timeoutMs: 100 },
};

@Module({ imports: [HyperMetricsModule.forRoot(OPTIONS)] })
class AppModule {}

it('nothing of an application prints what lets one scrape or push', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  try {
    for (const token of [
      ENDPOINT_REQUESTS,
      METRICS_SERVER,
      APPLICATION_METRICS,
      HYPER_METRICS_OPTIONS,
      MetricsService,
    ]) {
      const printed = inspect(app.get<object>(token), { depth: 20 });
      expect(printed).toContain('maxConcurrentScrapes');
      expect(printed).not.toContain('hunter2');
    }
  } finally {
    await app.close();
  }
});
