import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ProcessOutput } from './process-output.js';
import { until } from './watched-database.js';

const SCRIPT = fileURLToPath(new URL('./cluster-application.mjs', import.meta.url));

export interface ClusterWorker {
  readonly id: number;
  readonly pid: number;
  readonly url: string;
  readonly scrapeUrl: string;
}

/** A primary with workers, in processes of their own. */
export class ClusterProcess {
  readonly workers = new Map<number, ClusterWorker>();
  readonly exited = new Map<number, { readonly code: number | null; readonly signal: string | null }>();
  readonly output: ProcessOutput;
  private heard: readonly string[] | undefined;

  private constructor(private readonly primary: ChildProcess) {
    this.output = new ProcessOutput(primary);
    primary.on('message', (message: Record<string, never>) => {
      const { ready, exited, heard, ...rest } = message;
      if (heard !== undefined) {
        this.heard = heard;
      } else if (ready !== undefined) {
        this.workers.set(ready, { id: ready, ...(rest as unknown as Omit<ClusterWorker, 'id'>) });
      } else if (exited !== undefined) {
        this.workers.delete(exited);
        this.exited.set(exited, rest as never);
      }
    });
  }

  static async start(workers: number, options: unknown, metrics: object = {}): Promise<ClusterProcess> {
    const parameters = [String(workers), JSON.stringify(options), JSON.stringify(metrics)];
    const primary = fork(SCRIPT, parameters, { silent: true });
    const started = new ClusterProcess(primary);
    await until(`${workers} workers`, () => started.workers.size === workers || primary.exitCode !== null);
    if (primary.exitCode !== null) {
      throw new Error(started.output.text);
    }
    return started;
  }

  async addWorker(): Promise<ClusterWorker> {
    const before = new Set(this.workers.keys());
    this.primary.send({ fork: true });
    const added = (): ClusterWorker | undefined =>
      [...this.workers.values()].find(({ id }) => !before.has(id));
    await until('another worker', () => added() !== undefined);
    return added() as ClusterWorker;
  }

  signal(worker: number, signal: NodeJS.Signals): void {
    this.primary.send({ worker, signal });
  }

  /** Keeps the primary from doing anything. */
  stopPrimary(): void {
    this.primary.kill('SIGSTOP');
  }

  continuePrimary(): void {
    this.primary.kill('SIGCONT');
  }

  /** What the properties of messages are called that the primary has heard from its workers. */
  async heardByPrimary(): Promise<readonly string[]> {
    this.primary.send({ listen: true });
    await until('what the primary has heard', () => this.heard !== undefined);
    return this.heard as readonly string[];
  }

  async exit(worker: number) {
    await until(`the exit of worker ${worker}`, () => this.exited.has(worker));
    return this.exited.get(worker);
  }

  async stop(): Promise<void> {
    if (this.primary.exitCode === null) {
      const ended = once(this.primary, 'exit');
      this.continuePrimary();
      this.primary.disconnect();
      await ended;
    }
  }
}
