import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { rmSync } from 'node:fs';
import { poll } from '../../sample/src/common/poll.js';
import { ProcessOutput } from './process-output.js';

const START = { timeoutMs: 60_000, intervalMs: 50 };
const STOP = { timeoutMs: 60_000, intervalMs: 20 };

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  /** The server's own, deleted when it has ended. */
  readonly directory?: string;
  /** Whether the server answers, by asking it or by what it has printed. */
  readonly isReady: (output: string) => boolean | Promise<boolean>;
}

/** How a process has ended: the other one is null. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server in a process of its own, which a test starts and stops. */
export class ServerProcess {
  /** What it has printed so far. */
  readonly output: ProcessOutput;

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string | undefined,
  ) {
    this.output = new ProcessOutput(child);
    child.on('error', (error) => (this.output.text += String(error)));
  }

  /** @throws with what it printed, when it ends or is not ready in time */
  static async start({
    command,
    args,
    options = {},
    directory,
    isReady,
  }: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(spawn(command, args, options), directory);
    const ready = await poll(async () => server.hasEnded || (await isReady(server.output.text)), START);
    if (ready && !server.hasEnded) return server;
    await server.stop();
    throw new Error(`${command} ${args.join(' ')} did not start:\n${server.output.text}`);
  }

  /** Harmless when called again. A server that does not end by SIGTERM ends by SIGKILL. */
  async stop(): Promise<Ending> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!this.hasEnded) this.child.kill(signal);
      if (await poll(() => this.hasEnded, STOP)) break;
    }
    if (this.directory !== undefined) {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    }
    return { exitCode: this.child.exitCode, signal: this.child.signalCode };
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }
}

/** For `isReady` of servers that have an address for it: whether it answers with success. */
export async function answersOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
