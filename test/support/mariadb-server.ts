import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { SERVER_USER } from '../../sample/src/database/server-user.js';
import { ServerProcess } from './server-process.js';

/** Debian installs the server where ordinary users do not look for programs. */
const PATH = `${process.env['PATH']}:/usr/sbin`;
const USER = 'tester';
const PASSWORD = 'tester';
const DATABASE = 'test';

/** Returns what of MariaDB is not installed; `undefined` when all is. */
export function findMissingMariaDb(): string | undefined {
  const missing = ['mariadbd', 'mariadb-install-db'].find(
    (program) => spawnSync('which', [program], { env: { PATH } }).status !== 0,
  );
  return missing && `${missing} is not installed; Debian has it in the package "mariadb-server"`;
}

/** A running server, with what mysql2 and TypeORM (`type: 'mysql'`) need to connect. */
export interface MariaDb {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** `mysql://…` */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A real MariaDB as an unprivileged user, on a free port of the loopback interface, with a temp directory of its own. */
export async function startMariaDb(): Promise<MariaDb> {
  const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-mariadb-'));
  const initFile = join(directory, 'init.sql');
  writeFileSync(
    initFile,
    `CREATE DATABASE IF NOT EXISTS ${DATABASE};
CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO '${USER}'@'%';
`,
  );
  if (SERVER_USER !== undefined) {
    [directory, initFile].forEach((path) => chownSync(path, SERVER_USER?.uid ?? 0, SERVER_USER?.gid ?? 0));
  }
  const data = join(directory, 'data');
  const options = { cwd: directory, env: { PATH }, ...SERVER_USER };
  const installed = spawnSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { ...options, encoding: 'utf8' },
  );
  if (installed.status !== 0) {
    throw new Error(`mariadb-install-db failed: ${installed.error ?? installed.stdout + installed.stderr}`);
  }
  const port = await findFreePort();
  const access = {
    host: '127.0.0.1',
    port,
    username: USER,
    password: PASSWORD,
    database: DATABASE,
    url: `mysql://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`,
  } as const;
  const server = await ServerProcess.start({
    command: 'mariadbd',
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--init-file=${initFile}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=16M',
      '--skip-name-resolve',
    ],
    options,
    directory,
    isReady: () => answers(access.url),
  });
  return { ...access, stop: async () => void (await server.stop()) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await createConnection(url);
    await connection.query('SELECT 1');
    await connection.end();
    return true;
  } catch {
    return false;
  }
}
