import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { findFreePort, LOCAL_HOST } from '../common/free-port.js';
import { poll } from '../common/poll.js';
import { removeAbandonedServers } from './abandoned-servers.js';
import { type PostgresBinaries, prepareBinaries } from './postgres-binaries.js';
import { ServerDirectory } from './server-directory.js';
import { ServerProcess } from './server-process.js';
import { giveToServerUser } from './server-user.js';

const USER = 'postgres';
const DATABASE = 'postgres';
const INITDB_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 30_000;
const PORT_ATTEMPTS = 3;

/** Nothing here has to survive a crash, so nothing waits for the disk. */
const SERVER_SETTINGS = {
  listen_addresses: LOCAL_HOST,
  unix_socket_directories: '',
  shared_buffers: '32MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

export interface EmbeddedPostgresOptions {
  /** Gives up starting. A server that runs already is for `stop()` to stop. */
  readonly signal?: AbortSignal | undefined;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** The folder of its files, if it is on this machine; deleted by `stop()`, or by the next start after a crash. */
  readonly directory?: string;
  /** Stops the server and deletes its files; harmless when called again. */
  stop(): Promise<void>;
}

/** Starts a real PostgreSQL server on a free port of this machine, with an empty database. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  await removeAbandonedServers();
  const directory = ServerDirectory.create();
  try {
    const { server, url } = await startIn(directory, options.signal);
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= server.stop().then(() => directory.remove()));
    return { url, directory: directory.path, stop };
  } catch (cause) {
    await directory.remove();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The embedded PostgreSQL server did not start: ${reason}\nTo use a server of your own, set DATABASE_URL.`,
      { cause },
    );
  }
}

interface StartedServer {
  readonly server: ServerProcess;
  readonly url: string;
}

async function startIn(directory: ServerDirectory, signal: AbortSignal | undefined): Promise<StartedServer> {
  const binaries = await prepareBinaries(directory.native);
  const password = randomBytes(24).toString('base64url');
  signal?.throwIfAborted();
  await createCluster(directory, binaries, password);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const port = await findFreePort();
    const url = `postgresql://${USER}:${password}@${LOCAL_HOST}:${port}/${DATABASE}?sslmode=disable`;
    const server = ServerProcess.start(binaries.postgres, serverArguments(directory, port), directory);
    try {
      await waitUntilReady(server, url, signal);
      return { server, url };
    } catch (error) {
      await server.stop();
      if (attempt === PORT_ATTEMPTS || !(await lostThePort(directory))) throw error;
    }
  }
}

async function createCluster(
  directory: ServerDirectory,
  binaries: PostgresBinaries,
  password: string,
): Promise<void> {
  writeFileSync(directory.passwordFile, password, { mode: 0o600 });
  giveToServerUser(directory.passwordFile);
  const initdb = ServerProcess.start(
    binaries.initdb,
    [
      `--pgdata=${directory.data}`,
      `--username=${USER}`,
      `--pwfile=${directory.passwordFile}`,
      '--auth=scram-sha-256',
      '--locale=C',
      '--encoding=UTF8',
      '--no-sync',
      '--no-instructions',
    ],
    directory,
  );
  if (!(await initdb.waitForEnd(INITDB_TIMEOUT_MS))) await initdb.stop();
  rmSync(directory.passwordFile, { force: true });
  if (!initdb.succeeded) throw new Error(initdb.describeEnd());
}

function serverArguments(directory: ServerDirectory, port: number): string[] {
  const settings = Object.entries(SERVER_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', directory.data, '-p', String(port), ...settings];
}

async function waitUntilReady(
  server: ServerProcess,
  url: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const readyOrEnded = await poll(async () => server.hasEnded || (await acceptsConnections(url)), {
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: 25,
    signal,
  });
  if (server.hasEnded) throw new Error(server.describeEnd());
  if (!readyOrEnded) throw new Error(`It accepted no connection within ${READY_TIMEOUT_MS} ms.`);
}

async function acceptsConnections(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    return false;
  }
  await client.end();
  return true;
}

async function lostThePort(directory: ServerDirectory): Promise<boolean> {
  return (await readFile(directory.log, 'utf8')).includes('Address already in use');
}
