import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { poll } from '../../sample/src/common/poll.js';
import { SERVER_USER } from '../../sample/src/database/server-user.js';
import { aside } from './cached-statements.js';

const START = { timeoutMs: 30_000, intervalMs: 50 };
const STOP = { timeoutMs: 10_000, intervalMs: 20 };

/** Debian installs it where ordinary users do not look for programs. */
const PATH = `${process.env['PATH']}:/usr/sbin`;

/** Why there is no PgBouncer to test with; undefined when there is one. */
export function findMissingPgBouncer(): string | undefined {
  return spawnSync('pgbouncer', ['--version'], { env: { PATH } }).status === 0
    ? undefined
    : 'pgbouncer cannot be run; Debian has it in the package "pgbouncer"';
}

/** A real PgBouncer in front of a server, with two connections to it, a free port and a temp directory of its own. */
export class PgBouncer {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    /** Of the database, through the pooler. */
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start(serverUrl: string, mode: 'transaction' | 'session'): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(serverUrl);
    const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-pgbouncer-'));
    const ownPort = await findFreePort();
    const config = join(directory, 'pgbouncer.ini');
    writeFileSync(
      config,
      `[databases]
db = host=${hostname} port=${port} dbname=${pathname.slice(1)} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 2
`,
      { mode: 0o600 },
    );
    if (SERVER_USER !== undefined) {
      [directory, config].forEach((path) => chownSync(path, SERVER_USER?.uid ?? 0, SERVER_USER?.gid ?? 0));
    }
    const child = spawn('pgbouncer', [config], { env: { PATH }, ...SERVER_USER });
    const pgBouncer = new PgBouncer(child, directory, `postgres://anybody@127.0.0.1:${ownPort}/db`);
    const answers = () =>
      aside(pgBouncer.url, 'SELECT 1').then(
        () => true,
        () => false,
      );
    if ((await poll(async () => pgBouncer.hasEnded || (await answers()), START)) && !pgBouncer.hasEnded) {
      return pgBouncer;
    }
    await pgBouncer.stop();
    throw new Error(`PgBouncer did not start:\n${pgBouncer.output}`);
  }

  async stop(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!this.hasEnded) this.child.kill(signal);
      if (await poll(() => this.hasEnded, STOP)) break;
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
