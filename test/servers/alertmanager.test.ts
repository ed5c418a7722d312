import { spawnSync } from 'node:child_process';
import { Controller, Get, InternalServerErrorException, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule } from '../../src/index.js';
import { prometheusRules, toYaml } from '../../src/monitoring.js';
import { alertGroups } from '../../src/monitoring/rules/prometheus-rules.js';
import { AlertmanagerServer, findMissingAlertmanager } from '../support/alertmanager-server.js';
import { type RunningApplication, startApplication } from '../support/platforms.js';
import { DATABASE_OUTAGE } from '../support/database-outage.js';
import { PROMETHEUS_FILES, readYaml } from '../support/deployment-files.js';
import { findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

interface AlertmanagerConfig {
  readonly route: { readonly group_by: readonly string[]; readonly group_wait: string };
  readonly inhibit_rules: readonly {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
  }[];
}
const documented = readYaml('prometheus/alertmanager.yml') as AlertmanagerConfig;

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

describe.skipIf(isSkipped('the configuration of Alertmanager', findMissingAlertmanager()))(
  'the configuration of Alertmanager',
  () => {
    it('is valid, and each of its rules is about alerts that there are', () => {
      const { status, stdout } = spawnSync(
        'amtool',
        ['check-config', `${PROMETHEUS_FILES}alertmanager.yml`],
        {
          encoding: 'utf8',
        },
      );
      expect([status, stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
      const names = alertGroups().flatMap(({ rules }) => rules.map(({ alert }) => alert));
      for (const { source_matchers, target_matchers } of documented.inhibit_rules) {
        for (const [first = ''] of [source_matchers, target_matchers]) {
          const [, pattern = ''] = /^alertname=~?"(.+)"$/.exec(first) ?? [];
          const alternatives = pattern.includes('(') ? [pattern] : pattern.split('|');
          const unknown = alternatives.filter(
            (one) => !names.some((name) => new RegExp(`^(?:${one})$`).test(name)),
          );
          expect([first, unknown]).toEqual([first, []]);
        }
      }
    });

    it('makes one message of an outage of the database, about the cause and what users notice', async () => {
      const alertmanager = await AlertmanagerServer.start({
        inhibit_rules: documented.inhibit_rules,
        // Not as long as in the file.
        route: { group_by: documented.route.group_by, group_wait: '1s' },
      });
      try {
        const elsewhere = { alertname: 'DatabaseErrors', job: 'shop', instance: 'b:9464' };
        await alertmanager.fire([...DATABASE_OUTAGE, elsewhere]);
        await poll(() => alertmanager.received.length > 0, PATIENCE);
        const expected = [
          { alertname: 'DatabaseUnhealthy', job: 'shop', instance: 'a:9464' },
          { alertname: 'ServiceErrors', job: 'shop' },
          elsewhere,
        ];
        const byName = (alerts: readonly Readonly<Record<string, string>>[]): string[] =>
          alerts.map((labels) => `${labels['alertname']} ${labels['job']} ${labels['instance']}`).toSorted();
        expect(byName(alertmanager.received.map(({ labels }) => labels))).toEqual(byName(expected));
        expect(byName(await alertmanager.alerts('active'))).toEqual(byName(expected));
        expect(await alertmanager.alerts('suppressed')).toHaveLength(DATABASE_OUTAGE.length - 2);
      } finally {
        await alertmanager.stop();
      }
    });

    it('tells of the error budget instead of what uses it up', async () => {
      const alertmanager = await AlertmanagerServer.start({ inhibit_rules: documented.inhibit_rules });
      try {
        const fast = { alertname: 'ErrorBudgetBurnsFast', job: 'shop', slo: 'availability' };
        const others = [
          { alertname: 'ServiceSlow', job: 'shop' },
          { alertname: 'ServiceErrors', job: 'another' },
          { alertname: 'ErrorBudgetBurnsSlowly', job: 'shop', slo: 'latency' },
        ];
        const inhibited = [
          { alertname: 'ServiceErrors', job: 'shop' },
          { ...fast, alertname: 'ErrorBudgetBurnsSlowly' },
        ];
        await alertmanager.fire([fast, ...others, ...inhibited]);
        await poll(async () => (await alertmanager.alerts('suppressed')).length === 2, PATIENCE);
        expect(await alertmanager.alerts('suppressed')).toEqual(expect.arrayContaining(inhibited));
        expect(await alertmanager.alerts('active')).toHaveLength(4);
      } finally {
        await alertmanager.stop();
      }
    });
  },
);
