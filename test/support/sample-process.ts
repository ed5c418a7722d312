import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { findFreePort } from '../../sample/src/common/free-port.js';
import { poll } from '../../sample/src/common/poll.js';
import { describeProcess, isRunning } from '../../sample/src/database/process-table.js';
import { ProcessOutput } from './process-output.js';

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
export const START = { timeoutMs: 60_000, intervalMs: 100 };
export const STOP = { timeoutMs: 60_000, intervalMs: 50 };
export const ORDINARY_USER = { uid: 65_534, gid: 65_534 };

export interface SampleOptions {
  readonly temporaryPath: string;
  readonly checkout?: string;
  readonly user?: typeof ORDINARY_USER;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface DatabaseServer {
  readonly path: string;
  readonly pid: number;
  readonly port: number;
}

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

const started: SampleProcess[] = [];

/** Returns what a script of package.json gives to `node` after its build: flags, and the file of the sample's. */
export function nodeArguments(script: keyof typeof manifest.scripts, checkout = CHECKOUT): string[] {
  const [, flags = '', path] =
    /exec node ((?:--\S+ )*)(sample\/dist\/\S+\.js)$/.exec(manifest.scripts[script]) ?? [];
  if (path === undefined) throw new Error(`The script "${script}" does not end with a file of the sample's.`);
  return [...flags.split(' ').filter(Boolean), join(checkout, path)];
}

/** A launcher in a process group of its own, as a terminal would start it, with a temp directory of its own. */
export class SampleProcess {
  readonly output: ProcessOutput;
  private database: DatabaseServer | undefined;

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
    private readonly temporaryPath: string,
  ) {
    this.output = new ProcessOutput(process);
  }

  static async start({
    temporaryPath,
    checkout = CHECKOUT,
    user,
    environment,
  }: SampleOptions): Promise<SampleProcess> {
    const port = await findFreePort();
    const child = spawn(process.execPath, nodeArguments('start', checkout), {
      cwd: tmpdir(),
      env: { ...process.env, DATABASE_URL: '', TMPDIR: temporaryPath, PORT: String(port), ...environment },
      detached: true,
      ...user,
    });
    const sample = new SampleProcess(child, port, temporaryPath);
    started.push(sample);
    return sample;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('The launcher did not start.');
    return this.process.pid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async countRequests(): Promise<number> {
    const response = await fetch(`${this.url}/metrics`);
    if (response.status !== 200) return 0;
    const samples = (await response.text()).matchAll(/^hyperdjango_http_requests_total\{.*\} (\d+)/gm);
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async waitUntilServing(): Promise<DatabaseServer> {
    const open = await poll(async () => this.hasEnded || (await isOpen(this.port)), START);
    if (!open || this.hasEnded) throw new Error(`The sample did not start:\n${this.output.text}`);
    this.database = this.readDatabaseServer();
    return this.database;
  }

  async waitUntilEnded(): Promise<Ending> {
    if (!(await poll(() => this.hasEnded, STOP)))
      throw new Error(`The sample did not stop:\n${this.output.text}`);
    return { exitCode: this.process.exitCode, signal: this.process.signalCode };
  }

  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** For a test that failed: its launcher, and the server that a killed launcher leaves. */
  async clean(): Promise<void> {
    if (!this.hasEnded) {
      process.kill(this.pid, 'SIGKILL');
      await poll(() => this.hasEnded, STOP);
    }
    const server = this.database;
    if (server !== undefined && describeProcess(server.pid)?.commandLine.includes(server.path)) {
      process.kill(server.pid, 'SIGINT');
      await poll(() => !isRunning(server.pid), STOP);
    }
  }

  /** The first line of `postmaster.pid` is the pid, the fourth the port. */
  private readDatabaseServer(): DatabaseServer {
    const name = readdirSync(this.temporaryPath).find((entry) => this.owns(join(this.temporaryPath, entry)));
    if (name === undefined) throw new Error(`${this.temporaryPath} has no directory of process ${this.pid}.`);
    const path = join(this.temporaryPath, name);
    const lines = readFileSync(join(path, 'data/postmaster.pid'), 'utf8').split('\n');
    return { path, pid: Number(lines[0]), port: Number(lines[3]) };
  }

  private owns(path: string): boolean {
    const owner: { pid: number } = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
    return owner.pid === this.pid;
  }
}

/** For after each test or file, failed ones included. */
export async function cleanSamples(): Promise<void> {
  await Promise.all(started.splice(0).map((sample) => sample.clean()));
}

/** Where the server's user, which is not root, can get through. */
export function makeTemporaryPath(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'hyper-metrics-test-'));
  chmodSync(path, 0o755);
  return path;
}

export async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
