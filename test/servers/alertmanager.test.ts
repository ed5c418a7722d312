import { Controller, Get, InternalServerErrorException, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule } from '../../src/index.js';
import { prometheusRules, toYaml } from '../../src/monitoring.js';
import { AlertmanagerServer, findMissingAlertmanager } from '../support/alertmanager-server.js';
import { type RunningApplication, startApplication } from '../support/platforms.js';
import { findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

/** The alert waits for a minute. */
const PATIENCE = { timeoutMs: 150_000, intervalMs: 500 };

@Controller('orders')
class OrdersController {
  private requests = 0;

  /** Fails every fourth time. */
  @Get()
  list(): string {
    this.requests += 1;
    if (this.requests % 4 === 0) {
      throw new InternalServerErrorException();
    }
    return 'orders';
  }
}

const skipped = isSkipped(
  'an alert on its way to a person',
  findMissingPrograms() ?? findMissingAlertmanager(),
);

describe.skipIf(skipped)('an alert', () => {
  let application: RunningApplication | undefined;
  let alertmanager: AlertmanagerServer | undefined;
  let prometheus: PrometheusServer | undefined;

  beforeAll(async () => {
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), prefix: 'shop_' })],
      controllers: [OrdersController],
    })
    class ShopModule {}
    application = await startApplication('express', ShopModule);
    alertmanager = await AlertmanagerServer.start();
    const target = `127.0.0.1:${application.port}`;
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [target] }] }],
    };
    const rules = prometheusRules({
      prefix: 'shop_',
      job: 'shop',
      documentation: 'https://wiki.example/metrics',
    });
    prometheus = await PrometheusServer.start(JSON.stringify(config), { 'rules.yml': toYaml(rules) });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await application?.close();
  });

  it('about an application whose requests fail reaches a person, with numbers and a page', async () => {
    expect(
      await poll(async () => ((await prometheus?.query('shop_info')) ?? []).length === 1, PATIENCE),
    ).toBe(true);
    for (let request = 0; request < 40; request += 1) await fetch(`${application?.url}/orders`);
    expect(await poll(() => (alertmanager?.received ?? []).length > 0, PATIENCE)).toBe(true);

    expect(alertmanager?.received).toEqual([
      expect.objectContaining({
        status: 'firing',
        labels: { alertname: 'ServiceErrors', job: 'shop', severity: 'critical' },
        annotations: {
          summary: 'One in a hundred requests fails.',
          description: '25% of the requests of shop were answered with a status of 5xx.',
          remedy: expect.stringMatching(/^Find the routes that fail: `topk\(5, .+shop_http_route/),
          runbook_url: 'https://wiki.example/metrics/alerts.md#serviceerrors',
        },
      }),
    ]);
  });
});
