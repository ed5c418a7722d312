import { type CanActivate, type ExecutionContext, Module, UseGuards } from '@nestjs/common';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule } from '../../src/index.js';
import { containerOf, type Deployment, readDocument, readYaml } from '../support/deployment-files.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { findMissingPrograms, PrometheusServer, replaceOnce } from '../support/prometheus-server.js';
import { isSkipped } from '../support/skipped.js';

const TOKEN = 'token-of-the-secret';
const SCRAPED = { timeoutMs: 60_000, intervalMs: 100 };

class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['authorization'] === `Bearer ${TOKEN}`;
  }
}

function makeModule() {
  @Module({
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        endpoint: { decorators: [UseGuards(TokenGuard)] },
      }),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

interface Pod {
  readonly name: string;
  readonly phase?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
}

/** What Prometheus' discovery makes of a pod: a target for each port that it declares, with labels that begin with `__meta`. */
function discoveredTargets({ name, phase = 'Running', annotations = {}, labels = {}, ports }: Pod) {
  const meta = (kind: string, values: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(values).map(([key, value]) => [
      `__meta_kubernetes_pod_${kind}_${key.replaceAll(/\W/g, '_')}`,
      value,
    ]);
  return ports.map((port) => ({
    targets: [`127.0.0.1:${port}`],
    labels: Object.fromEntries([
      ['__meta_kubernetes_namespace', 'shop'],
      ['__meta_kubernetes_pod_name', name],
      ['__meta_kubernetes_pod_ip', '127.0.0.1'],
      ['__meta_kubernetes_pod_phase', phase],
      ['__meta_kubernetes_pod_container_port_number', String(port)],
      ...meta('annotation', annotations),
      ...meta('label', labels),
    ]),
  }));
}

const skipped = isSkipped('pods under Prometheus', findMissingPrograms());

describe.skipIf(skipped)('the configuration for annotated pods, in a real Prometheus', () => {
  const applications: RunningApplication[] = [];
  let prometheus: PrometheusServer | undefined;

  beforeAll(async () => {
    for (const platform of PLATFORMS) applications.push(await startApplication(platform, makeModule()));
    const [first, second] = applications as [RunningApplication, RunningApplication];

    const deployment = readYaml('kubernetes/deployment.yml') as Deployment;
    const { annotations, labels } = deployment.spec.template.metadata;
    const [http] = containerOf(deployment).ports.map(({ containerPort }) => containerPort);
    const podOf = (name: string, port: number, more: Partial<Pod> = {}): Pod => ({
      name,
      labels,
      annotations: { ...annotations, 'prometheus.io/port': String(port) },
      ports: [http ?? Number.NaN, port],
      ...more,
    });
    const pods = [
      podOf('shop-1', first.port),
      podOf('shop-2', second.port),
      podOf('ended', first.port, { phase: 'Succeeded' }),
      podOf('silent', first.port, { annotations: { 'prometheus.io/scrape': 'false' } }),
      podOf('foreign', first.port, { annotations: {} }),
      podOf('undeclared', first.port, { ports: [http ?? Number.NaN] }),
    ];
    const discovery = replaceOnce(
      readDocument('prometheus/kubernetes.yml'),
      'kubernetes_sd_configs:\n      - role: pod',
      "file_sd_configs:\n      - files: ['pods.json']",
    );
    prometheus = await PrometheusServer.start(
      replaceOnce(discovery, 'scrape_interval: 15s', 'scrape_interval: 1s'),
      {
        'rules.yml': readDocument('prometheus/rules.yml'),
        'secrets/metrics-token': TOKEN,
        'pods.json': JSON.stringify(pods.flatMap(discoveredTargets)),
      },
    );
    const scraped = async (): Promise<boolean> => (await prometheus?.query('sum(up) == 2'))?.length === 1;
    if (!(await poll(scraped, SCRAPED))) throw new Error('Prometheus did not scrape.');
  });

  afterAll(async () => {
    await prometheus?.stop();
    await Promise.all(applications.map((application) => application.close()));
  });

  it('scrapes running pods that ask for it, once, at the port and path of their annotations, with the token', async () => {
    const up = (await prometheus?.query('up')) ?? [];

    expect(up.map(({ metric, value }) => [metric, value])).toEqual(
      expect.arrayContaining(
        applications.map(({ port }, index) => [
          {
            __name__: 'up',
            job: 'bookshop',
            namespace: 'shop',
            pod: `shop-${index + 1}`,
            instance: `127.0.0.1:${port}`,
          },
          1,
        ]),
      ),
    );
    expect(up.length).toBe(applications.length);
  });

  it('stores their metrics, which nobody gets without the token', async () => {
    const stored = (await prometheus?.query('hyperdjango_info')) ?? [];
    expect(stored.map(({ metric }) => metric['pod'])).toEqual(expect.arrayContaining(['shop-1', 'shop-2']));
    expect(stored.length).toBe(2);
    for (const { url } of applications) expect((await fetch(`${url}/metrics`)).status).toBe(403);
  });
});
