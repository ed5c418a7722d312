import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../sample/src/common/free-port.js';
import type { EmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { SERVER_USER } from '../../sample/src/database/server-user.js';
import { aside } from './cached-statements.js';
import { ServerProcess } from './server-process.js';

/** The oldest release that Debian's stable and oldstable have. */
export const DEBIAN_VERSION = 15;

const programsOf = (version: number): string => `/usr/lib/postgresql/${version}/bin`;

/** Why there is no such server to test with; undefined when there is one. */
export function findMissingDebianPostgres(version = DEBIAN_VERSION): string | undefined {
  return existsSync(join(programsOf(version), 'initdb'))
    ? undefined
    : `PostgreSQL ${version} is not in ${programsOf(version)}; Debian has it in the package "postgresql-${version}"`;
}

/** A server of an older release, with a free port and a temp directory of its own. */
export async function startDebianPostgres(version = DEBIAN_VERSION): Promise<EmbeddedPostgres> {
  const missing = findMissingDebianPostgres(version);
  if (missing !== undefined) {
    throw new Error(missing);
  }
  const directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-debian-postgres-'));
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o700 });
  chmodSync(directory, 0o711);
  if (SERVER_USER !== undefined) {
    chownSync(data, SERVER_USER.uid, SERVER_USER.gid);
  }
  const options = { cwd: directory, env: { ...process.env, LC_ALL: 'C' }, ...SERVER_USER };
  const initdb = spawnSync(
    join(programsOf(version), 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--locale=C', '--encoding=UTF8', '--no-sync'],
    { ...options, encoding: 'utf8' },
  );
  if (initdb.status !== 0) {
    throw new Error(`initdb ended with ${initdb.status}:\n${initdb.stdout}${initdb.stderr}`);
  }
  const port = await findFreePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '32MB',
    fsync: 'off',
    autovacuum: 'off',
  };
  const server = await ServerProcess.start({
    command: join(programsOf(version), 'postgres'),
    args: [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    options,
    directory,
    isReady: () =>
      aside(url, 'SELECT 1').then(
        () => true,
        () => false,
      ),
  });
  return { url, stop: async () => void (await server.stop()) };
}
