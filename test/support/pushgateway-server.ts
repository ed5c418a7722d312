import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { poll } from '../../sample/src/common/poll.js';
import { type Exposition, readExposition } from './exposition.js';

const START = { timeoutMs: 30_000, intervalMs: 50 };
const STOP = { timeoutMs: 10_000, intervalMs: 20 };

/** Why there is no Pushgateway to test with; undefined when there is one. */
export function findMissingPushgateway(): string | undefined {
  return spawnSync('prometheus-pushgateway', ['--version']).status === 0
    ? undefined
    : 'prometheus-pushgateway cannot be run; Debian has it in the package of that name';
}

/** A real Pushgateway on a free port, which keeps nothing on disk. */
export class PushgatewayServer {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start(): Promise<PushgatewayServer> {
    const address = `127.0.0.1:${await findFreePort()}`;
    // Debian's keeps a file unless it is told otherwise.
    const child = spawn('prometheus-pushgateway', [`--web.listen-address=${address}`, '--persistence.file=']);
    const server = new PushgatewayServer(child, `http://${address}`);
    const ready = await poll(async () => server.hasEnded || (await server.isReady()), START);
    if (ready && !server.hasEnded) return server;
    await server.stop();
    throw new Error(`The Pushgateway did not start:\n${server.output}`);
  }

  /** What Prometheus would scrape there. */
  async read(): Promise<Exposition> {
    return readExposition(await this.scrape());
  }

  async scrape(): Promise<string> {
    const response = await fetch(`${this.url}/metrics`);
    return response.text();
  }

  async stop(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!this.hasEnded) this.child.kill(signal);
      if (await poll(() => this.hasEnded, STOP)) break;
    }
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
  }
}
