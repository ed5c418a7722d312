import { spawnSync } from 'node:child_process';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { type Exposition, readExposition } from './exposition.js';
import { answersOk, ServerProcess } from './server-process.js';

/** Why there is no Pushgateway to test with; undefined when there is one. */
export function findMissingPushgateway(): string | undefined {
  return spawnSync('prometheus-pushgateway', ['--version']).status === 0
    ? undefined
    : 'prometheus-pushgateway cannot be run; Debian has it in the package of that name';
}

/** A real Pushgateway on a free port, which keeps nothing on disk. */
export class PushgatewayServer {
  private constructor(
    private readonly process: ServerProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<PushgatewayServer> {
    const address = `127.0.0.1:${await findFreePort()}`;
    const url = `http://${address}`;
    const process = await ServerProcess.start({
      command: 'prometheus-pushgateway',
      // Debian's keeps a file unless it is told otherwise.
      args: [`--web.listen-address=${address}`, '--persistence.file='],
      isReady: () => answersOk(`${url}/-/ready`),
    });
    return new PushgatewayServer(process, url);
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
    await this.process.stop();
  }
}
