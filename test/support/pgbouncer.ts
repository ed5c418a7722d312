import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { SERVER_USER } from '../../sample/src/database/server-user.js';
import { aside } from './cached-statements.js';
import { ServerProcess } from './server-process.js';

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
  private constructor(
    private readonly process: ServerProcess,
    /** Of the database, through the pooler. */
    readonly url: string,
  ) {}

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
    const url = `postgres://anybody@127.0.0.1:${ownPort}/db`;
    const process = await ServerProcess.start({
      command: 'pgbouncer',
      args: [config],
      options: { env: { PATH }, ...SERVER_USER },
      directory,
      isReady: () =>
        aside(url, 'SELECT 1').then(
          () => true,
          () => false,
        ),
    });
    return new PgBouncer(process, url);
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
