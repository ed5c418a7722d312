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

  static async start(): Promise<AlertmanagerServer> {
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
      },
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

  async stop(): Promise<void> {
    await this.process.stop();
    this.receiver.close();
    this.receiver.closeAllConnections();
  }
}
