import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { poll } from '../../sample/src/common/poll.js';
import { describeProcess, isRunning } from '../../sample/src/database/process-table.js';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const TEST_TIMEOUT_MS = 120_000;
const START = { timeoutMs: 60_000, intervalMs: 100 };
const STOP = { timeoutMs: 30_000, intervalMs: 50 };
const ORDINARY_USER = { uid: 65_534, gid: 65_534 };

interface SampleOptions {
  readonly temporaryPath: string;
  readonly checkout?: string;
  readonly user?: typeof ORDINARY_USER;
  readonly environment?: Readonly<Record<string, string>>;
}

interface DatabaseServer {
  readonly path: string;
  readonly pid: number;
  readonly port: number;
}

interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

const STOPPED: Ending = { exitCode: 0, signal: null };
const started: Sample[] = [];

/** A launcher in a process group of its own, as a terminal would start it, with a temp directory of its own. */
class Sample {
  output = '';
  private database: DatabaseServer | undefined;

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
    private readonly temporaryPath: string,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start({
    temporaryPath,
    checkout = CHECKOUT,
    user,
    environment,
  }: SampleOptions): Promise<Sample> {
    const port = await findFreePort();
    const child = spawn(process.execPath, [join(checkout, 'sample/dist/start.js')], {
      cwd: tmpdir(),
      env: { ...process.env, DATABASE_URL: '', TMPDIR: temporaryPath, PORT: String(port), ...environment },
      detached: true,
      ...user,
    });
    const sample = new Sample(child, port, temporaryPath);
    started.push(sample);
    return sample;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('The launcher did not start.');
    return this.process.pid;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async countRequests(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/metrics`);
    if (response.status !== 200) return 0;
    const samples = (await response.text()).matchAll(/^hyperdjango_http_requests_total\{.*\} (\d+)/gm);
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async waitUntilServing(): Promise<DatabaseServer> {
    const open = await poll(async () => this.hasEnded || (await isOpen(this.port)), START);
    if (!open || this.hasEnded) throw new Error(`The sample did not start:\n${this.output}`);
    this.database = this.readDatabaseServer();
    return this.database;
  }

  async waitUntilEnded(): Promise<Ending> {
    if (!(await poll(() => this.hasEnded, STOP))) throw new Error(`The sample did not stop:\n${this.output}`);
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

describe.skipIf(platform() === 'win32')('sample', { timeout: TEST_TIMEOUT_MS }, () => {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((sample) => sample.clean()));
  });

  it('counts a trickle of traffic, and Ctrl-C leaves nothing behind', async () => {
    const temporaryPath = createTemporaryPath();
    const sample = await Sample.start({ temporaryPath });
    const database = await sample.waitUntilServing();

    expect(await poll(async () => (await sample.countRequests()) > 0, START)).toBe(true);
    const before = await sample.countRequests();
    expect(await poll(async () => (await sample.countRequests()) > before, START)).toBe(true);

    const pids = [sample.pid, database.pid, ...childrenOf(database.pid)];
    expect(pids.filter(isRunning)).toEqual(pids);
    expect(await isOpen(database.port)).toBe(true);

    sample.pressCtrlC();
    expect(await poll(() => sample.output.includes('SIGINT: stopping'), STOP)).toBe(true);
    if (!sample.hasEnded) sample.pressCtrlC();
    expect(await sample.waitUntilEnded()).toEqual(STOPPED);

    expect(pids.filter(isRunning)).toEqual([]);
    expect(await isOpen(sample.port)).toBe(false);
    expect(await isOpen(database.port)).toBe(false);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });

  it('cleans up what a killed launcher left, at the next start', async () => {
    const temporaryPath = createTemporaryPath();
    const environment = { TRAFFIC: 'off' };
    const living = await Sample.start({ temporaryPath, environment });
    const killed = await Sample.start({ temporaryPath, environment });
    const livingDatabase = await living.waitUntilServing();
    const orphan = await killed.waitUntilServing();
    killed.process.kill('SIGKILL');
    await killed.waitUntilEnded();
    expect(isRunning(orphan.pid)).toBe(true);

    const next = await Sample.start({ temporaryPath, environment });
    const database = await next.waitUntilServing();

    expect(isRunning(orphan.pid)).toBe(false);
    expect(await isOpen(orphan.port)).toBe(false);
    expect(isRunning(livingDatabase.pid)).toBe(true);
    const left = readdirSync(temporaryPath).map((name) => join(temporaryPath, name));
    expect(left.toSorted()).toEqual([livingDatabase.path, database.path].toSorted());

    living.process.kill('SIGTERM');
    next.pressCtrlC();
    expect(await Promise.all([living.waitUntilEnded(), next.waitUntilEnded()])).toEqual([STOPPED, STOPPED]);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });

  it('runs for an ordinary user from a read-only checkout', async ({ skip }) => {
    if (process.geteuid?.() !== 0) skip('only root can start it as another user');
    if (!canRead(process.execPath)) skip(`an ordinary user cannot reach ${process.execPath}`);
    const checkout = canRead(join(CHECKOUT, 'sample/dist/start.js')) ? CHECKOUT : copyCheckout();
    expect(canRead(checkout, 'W_OK')).toBe(false);
    const temporaryPath = createTemporaryPath();
    chownSync(temporaryPath, ORDINARY_USER.uid, ORDINARY_USER.gid);

    const sample = await Sample.start({ temporaryPath, checkout, user: ORDINARY_USER });
    const database = await sample.waitUntilServing();
    expect(await poll(async () => (await sample.countRequests()) > 0, START)).toBe(true);

    sample.pressCtrlC();
    expect(await sample.waitUntilEnded()).toEqual(STOPPED);
    expect(isRunning(database.pid)).toBe(false);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });
});

/** Where the server's user, which is not root, can get through. */
function createTemporaryPath(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'hyper-metrics-test-'));
  chmodSync(path, 0o755);
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The files that the sample runs from, for when the checkout is in a place like root's home. */
function copyCheckout(): string {
  const copy = createTemporaryPath();
  for (const path of ['package.json', 'dist', 'sample/dist', 'node_modules']) {
    execFileSync('cp', ['-a', '--parents', path, copy], { cwd: CHECKOUT });
  }
  execFileSync('chmod', ['-R', 'go+rX', copy]);
  return copy;
}

function canRead(path: string, mode: 'R_OK' | 'W_OK' = 'R_OK'): boolean {
  const script = `const fs = require('node:fs'); fs.accessSync(process.argv[1], fs.constants.${mode})`;
  return spawnSync(process.execPath, ['-e', script, path], { cwd: '/', ...ORDINARY_USER }).status === 0;
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** PostgreSQL's background processes, where the system tells. */
function childrenOf(pid: number): number[] {
  if (platform() !== 'linux') return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
