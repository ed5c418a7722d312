import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { answersOk, ServerProcess } from './server-process.js';

/** An alert as Alertmanager's webhook sends it. */
export interface Notification {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Why there is no Alertmanager to test with; undefined when there is one. */
export function findMissingAlertmanager(): string | undefined {
  return spawnSync('prometheus-alertmanager', ['--version']).status === 0
    ? undefined
    : 'prometheus-alertmanager cannot be run; Debian has it in the package of that name';
}

/** A real Alertmanager on a free port, and the receiver of its notifications. */
export class AlertmanagerServer {
  /** What the receiver has got so far. */
  readonly received: Notification[] = [];
  private readonly receiver: Server;

  private constructor(
    private readonly process: ServerProcess,
    /** Host and port. */
    readonly address: string,
    receiverPort: number,
  ) {
    this.receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const { alerts } = JSON.parse(body) as { readonly alerts: readonly Notification[] };
        this.received.push(...alerts);
        response.end();
      });
    }).listen(receiverPort, '127.0.0.1');
  }

  /** @param configuration - what its configuration has beside the receiver, or instead of it being told of each alert at once */
  static async start({
    route = {},
    inhibit_rules = [],
  }: {
    readonly route?: object;
    readonly inhibit_rules?: readonly object[];
  } = {}): Promise<AlertmanagerServer> {
    const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-alertmanager-'));
    const receiverPort = await findFreePort();
    const address = `127.0.0.1:${await findFreePort()}`;
    const config = {
      route: {
        receiver: 'test',
        group_by: ['alertname'],
        group_wait: '0s',
        group_interval: '1s',
        repeat_interval: '1h',
        ...route,
      },
      inhibit_rules,
      receivers: [{ name: 'test', webhook_configs: [{ url: `http://127.0.0.1:${receiverPort}/` }] }],
    };
    writeFileSync(join(directory, 'alertmanager.yml'), JSON.stringify(config));
    const process = await ServerProcess.start({
      command: 'prometheus-alertmanager',
      args: [
        `--config.file=${join(directory, 'alertmanager.yml')}`,
        `--storage.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
      ],
      directory,
      isReady: () => answersOk(`http://${address}/-/ready`),
    });
    return new AlertmanagerServer(process, address, receiverPort);
  }

  /** Tells it of alerts that fire, as Prometheus does. */
  async fire(alerts: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const response = await fetch(`http://${this.address}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels }))),
    });
    if (!response.ok) throw new Error(`Alertmanager answers ${response.status}: ${await response.text()}`);
  }

  /** The labels of the alerts that it has, by whether others inhibit them. */
  async alerts(state: 'active' | 'suppressed'): Promise<Readonly<Record<string, string>>[]> {
    const response = await fetch(`http://${this.address}/api/v2/alerts`);
    const alerts = (await response.json()) as readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly status: { readonly state: string };
    }[];
    return alerts.filter(({ status }) => status.state === state).map(({ labels }) => labels);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.receiver.close();
    this.receiver.closeAllConnections();
  }
}
