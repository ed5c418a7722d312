import { Controller, Get, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HyperMetricsModule, type SloOptions } from '../../src/index.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

@Controller('books')
class BooksController {
  @Get()
  list(): string {
    return 'books';
  }
}

async function start(platform: (typeof PLATFORMS)[number], slo: SloOptions | undefined) {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, slo })],
    controllers: [BooksController],
  })
  class ApplicationModule {}
  const application = await startApplication(platform, ApplicationModule);
  onTestFinished(() => application.close());
  return application;
}

const boundsOf = (text: string, family: string): string[] => [
  ...new Set(
    [...text.matchAll(new RegExp(`^${family}_bucket\\{.*le="(.+?)"`, 'gm'))].map(([, le = '']) => le),
  ),
];

describe.each(PLATFORMS)('objectives on %s', (platform) => {
  it('are exported as gauges, and the threshold is a bound of both durations', async () => {
    const slo = { availability: 0.999, latency: { thresholdSeconds: 0.3, objective: 0.99 } };
    const { url } = await start(platform, slo);
    await fetch(`${url}/books`);
    const text = await (await fetch(`${url}/metrics`)).text();

    expect(text).toContain('hyperdjango_slo_objective_ratio{slo="availability"} 0.999\n');
    expect(text).toContain('hyperdjango_slo_objective_ratio{slo="latency"} 0.99\n');
    expect(text).toContain('hyperdjango_slo_latency_threshold_seconds 0.3\n');
    for (const family of [
      'hyperdjango_http_request_duration_seconds',
      'hyperdjango_http_route_duration_seconds',
    ]) {
      expect(boundsOf(text, family)).toEqual([
        '0.001',
        '0.005',
        '0.01',
        '0.025',
        '0.05',
        '0.1',
        '0.25',
        '0.3',
        '0.5',
        '1',
        '2.5',
        '5',
        '10',
        '+Inf',
      ]);
    }
  });

  it('that are not set are not exported', async () => {
    const { url } = await start(platform, { availability: 0.9 });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text.match(/^hyperdjango_slo_.*/gm)).toEqual([
      'hyperdjango_slo_objective_ratio{slo="availability"} 0.9',
    ]);
    expect(boundsOf(text, 'hyperdjango_http_request_duration_seconds')).toHaveLength(13);

    const without = await start(platform, undefined);
    expect(await (await fetch(`${without.url}/metrics`)).text()).not.toContain('hyperdjango_slo');
  });
});
