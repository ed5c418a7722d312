import { Controller, Get, InternalServerErrorException, Module, Post } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule } from '../../src/index.js';
import { prometheusRules } from '../../src/monitoring.js';
import seed from '../contract/seed-metrics.json' with { type: 'json' };
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { findMissingPrograms, PrometheusServer, readmeScrapeConfig } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const PATIENCE = { timeoutMs: 90_000, intervalMs: 200 };

@Controller('orders')
class OrdersController {
  private requests = 0;

  /** Fails the first 15 of 25 times. */
  @Get()
  list(): string {
    this.requests += 1;
    if (this.requests <= 15) {
      throw new InternalServerErrorException();
    }
    return 'orders';
  }

  @Post()
  place(): never {
    throw new InternalServerErrorException();
  }
}

/** Rules that answer within a test: they wait for minutes before they fire. */
function promptAlerts(): string {
  const service = prometheusRules().groups.filter(({ name }) => name === 'service');
  const rules = service.flatMap((group) => group.rules).map((rule) => ({ ...rule, for: '0s' }));
  return JSON.stringify({ groups: [{ name: 'service', interval: '1s', rules }] });
}

const errorRate = seed.promql.find(({ title }) => title === 'Error rate')?.expr ?? '';
const skipped = isSkipped('the first failures under a real Prometheus', findMissingPrograms());

describe.skipIf(skipped).each(PLATFORMS)('a new process on %s under a real Prometheus', (platform) => {
  let target: RunningApplication | undefined;
  let prometheus: PrometheusServer | undefined;

  const ask = async (expr: string): Promise<(readonly [Record<string, string>, number])[]> =>
    ((await prometheus?.query(expr)) ?? []).map(({ metric, value }) => [metric, value]);
  const becomes = (expr: string, value: number): Promise<boolean> =>
    poll(async () => (await ask(expr))[0]?.[1] === value, PATIENCE);

  beforeAll(async () => {
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
      controllers: [OrdersController],
    })
    class ApplicationModule {}
    target = await startApplication(platform, ApplicationModule);
    const config = `${readmeScrapeConfig(target.port, '1s')}\nrule_files: ['alerts.yml']\n`;
    prometheus = await PrometheusServer.start(config, { 'alerts.yml': promptAlerts() });
  }, 120_000);

  afterAll(async () => {
    await prometheus?.stop();
    await target?.close();
  });

  it('has failures and successes at 0 in its first scrape', { timeout: 120_000 }, async () => {
    expect(await becomes('count(hyperdjango_http_requests_total)', 10)).toBe(true);
    const stored = await ask('hyperdjango_http_requests_total');

    expect(stored.map(([{ method, status }, value]) => `${method} ${status} ${value}`).toSorted()).toEqual([
      'DELETE 200 0',
      'DELETE 500 0',
      'GET 200 0',
      'GET 500 0',
      'PATCH 200 0',
      'PATCH 500 0',
      'POST 201 0',
      'POST 500 0',
      'PUT 200 0',
      'PUT 500 0',
    ]);
    expect(await ask('ALERTS')).toEqual([]);
  });

  it(
    'has the right share of errors after 15 failures of its first 25 requests',
    { timeout: 240_000 },
    async () => {
      // At once, between two scrapes at most.
      const answers = await Promise.all(
        Array.from({ length: 25 }, async () => (await fetch(`${target?.url}/orders`)).status),
      );
      expect(answers.filter((status) => status === 500)).toHaveLength(15);

      expect(await becomes('sum(hyperdjango_http_requests_total)', 25)).toBe(true);
      const isRight = async (): Promise<boolean> =>
        Math.abs(((await ask(errorRate))[0]?.[1] ?? 0) - 0.6) < 0.001;
      expect(await poll(isRight, PATIENCE)).toBe(true);
      const rings = async (): Promise<boolean> =>
        (await ask('ALERTS{alertname="ServiceErrors",alertstate="firing"}')).length === 1;
      expect(await poll(rings, PATIENCE)).toBe(true);
    },
  );

  it('shows the first request of another method, which fails', { timeout: 120_000 }, async () => {
    expect((await fetch(`${target?.url}/orders`, { method: 'POST' })).status).toBe(500);

    expect(await becomes('hyperdjango_http_requests_total{method="POST",status="500"}', 1)).toBe(true);
    const [rise] = await ask('increase(hyperdjango_http_requests_total{method="POST",status="500"}[5m]) > 0');
    expect(rise).toBeDefined();
  });
});
