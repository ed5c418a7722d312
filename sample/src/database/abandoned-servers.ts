import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { poll } from '../common/poll.js';
import { describeProcess, isRunning } from './process-table.js';
import { ServerDirectory } from './server-directory.js';
import { STOP_SIGNALS } from './server-process.js';

/** Stops and deletes what a launcher left behind that was killed before it could clean up. */
export async function removeAbandonedServers(): Promise<void> {
  for (const directory of ServerDirectory.findAbandoned()) {
    try {
      await stopServer(directory);
      await directory.remove();
    } catch (error) {
      // Two launchers may find the same one, and neither may fail to start because of it.
      console.warn(`Could not clean up ${directory.path}:`, error);
    }
  }
}

async function stopServer(directory: ServerDirectory): Promise<void> {
  const pid = readServerPid(directory);
  if (pid === undefined || !isServerOf(directory, pid)) return;
  for (const { signal, timeoutMs } of STOP_SIGNALS) {
    if (!isServerOf(directory, pid)) return;
    process.kill(pid, signal);
    if (await poll(() => !isRunning(pid), { timeoutMs, intervalMs: 20 })) return;
  }
  throw new Error(`The PostgreSQL server with pid ${pid} cannot be stopped.`);
}

/** See "postmaster.pid" in PostgreSQL's documentation of the database directory: the first line is the pid. */
function readServerPid(directory: ServerDirectory): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(directory.data, 'postmaster.pid'), 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The pid may have been given to another process since. The directory's random name tells. */
function isServerOf(directory: ServerDirectory, pid: number): boolean {
  const commandLine = describeProcess(pid)?.commandLine ?? '';
  return commandLine.includes('postgres') && commandLine.includes(`${basename(directory.path)}/data`);
}
