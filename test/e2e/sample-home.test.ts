import { Module } from '@nestjs/common';
import { type EndpointOptions, HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { HomeModule } from '../../sample/src/home/home.module.js';
import { metricsEndpoint } from '../../sample/src/metrics-endpoint.js';
import { ask } from '../support/http-client.js';
import { createApplication, PLATFORMS } from '../support/platforms.js';

/** The metrics of the bookshop's home page and whether they are there, at the link that it has. */
async function followLink(platform: (typeof PLATFORMS)[number], endpoint: EndpointOptions) {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), endpoint }), HomeModule],
  })
  class ShopModule {}
  const app = await createApplication(platform, ShopModule);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();

  const { metrics } = JSON.parse((await ask(url)).body.toString()) as { readonly metrics: string };
  const address = new URL(metrics, url);
  const { status, body } = await ask(address.href);
  return {
    isOnTheShopsPort: address.origin === new URL(url).origin,
    status,
    hasMetrics: body.includes('hyperdjango_uptime_seconds'),
  };
}

it.each(PLATFORMS)('the bookshop’s home page on %s links the metrics where they are', async (platform) => {
  expect(await followLink(platform, metricsEndpoint({}))).toEqual({
    isOnTheShopsPort: true,
    status: 200,
    hasMetrics: true,
  });
  expect(await followLink(platform, metricsEndpoint({ METRICS_PORT: '0' }))).toEqual({
    isOnTheShopsPort: false,
    status: 200,
    hasMetrics: true,
  });
});
