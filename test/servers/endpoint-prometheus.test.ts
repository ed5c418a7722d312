import { Module, type Type } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { type EndpointOptions, HyperMetricsModule, MetricsService } from '../../src/index.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { findMissingPrograms, PrometheusServer } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const SCRAPED = { timeoutMs: 60_000, intervalMs: 100 };
const TOKEN = 'correct-horse-battery-staple';
const PASSWORD = 'hüte:dich';

const CREDENTIALS = {
  bearer: `authorization: { credentials: '${TOKEN}' }`,
  basic: `basic_auth: { username: prometheus, password: '${PASSWORD}' }`,
  wrong_bearer: `authorization: { credentials: '${TOKEN.slice(0, -1)}' }`,
  wrong_basic: `basic_auth: { username: prometheus, password: '${PASSWORD}x' }`,
  none: '',
};
type Credentials = keyof typeof CREDENTIALS;

function moduleOf(endpoint: EndpointOptions): Type {
  const access = {
    bearerToken: () => ['next-token', TOKEN],
    basicAuth: { username: 'prometheus', password: PASSWORD },
    allowIps: ['127.0.0.0/8'],
  };
  @Module({
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        endpoint: { ...access, ...endpoint },
      }),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

const skipped = isSkipped('credentials under Prometheus', findMissingPrograms());

describe.skipIf(skipped)('a real Prometheus, on each port of both platforms', () => {
  const applications: RunningApplication[] = [];
  const targets: string[] = [];
  let prometheus: PrometheusServer | undefined;

  beforeAll(async () => {
    for (const platform of PLATFORMS) {
      const shared = await startApplication(platform, moduleOf({}));
      const own = await startApplication(platform, moduleOf({ port: 0 }));
      applications.push(shared, own);
      targets.push(`127.0.0.1:${shared.port}`, new URL(own.app.get(MetricsService).endpointUrl ?? '').host);
    }
    const jobs = Object.entries(CREDENTIALS).map(
      ([name, settings]) =>
        `  - job_name: ${name}\n    static_configs: [{ targets: [${targets.map((target) => `'${target}'`).join()}] }]\n    ${settings}\n`,
    );
    prometheus = await PrometheusServer.start(
      `global: { scrape_interval: 1s }\nscrape_configs:\n${jobs.join('')}`,
    );
    const expected = targets.length * jobs.length;
    const scraped = async (): Promise<boolean> => (await prometheus?.query('up'))?.length === expected;
    if (!(await poll(scraped, SCRAPED))) throw new Error('Prometheus did not scrape.');
  });

  afterAll(async () => {
    await prometheus?.stop();
    await Promise.all(applications.map((application) => application.close()));
  });

  it.each<[Credentials, number]>([
    ['bearer', 1],
    ['basic', 1],
    ['wrong_bearer', 0],
    ['wrong_basic', 0],
    ['none', 0],
  ])('with the credentials "%s" finds every one of them up: %d', async (job, up) => {
    const answer = (await prometheus?.query(`up{job="${job}"}`)) ?? [];
    const found = answer.map(({ metric, value }): [string, number] => [metric['instance'] ?? '', value]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(targets.map((target) => [target, up])));
  });

  it('stored the metrics', async () => {
    const answer = (await prometheus?.query('hyperdjango_uptime_seconds{job=~"bearer|basic"}')) ?? [];
    expect(answer.length).toBe(2 * targets.length);
  });
});
