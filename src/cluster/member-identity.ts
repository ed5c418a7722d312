import cluster from 'node:cluster';
import { isMainThread, threadId } from 'node:worker_threads';

/** Who this process or thread is. */
export interface MemberIdentity {
  readonly worker: string;
  readonly pid: number;
  readonly thread: number;
}

const MAX_NAME_CHARACTERS = 80;

/** What logs call a process or thread. */
export function nameForLogs({ worker, pid }: MemberIdentity): string {
  const readable = worker.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_NAME_CHARACTERS);
  return `worker ${readable} (pid ${pid})`;
}

/** @param hasOwnHub - whether it is a member of a hub that knows neither its primary nor its main thread */
export function ownIdentity(hasOwnHub: boolean): MemberIdentity {
  return { worker: ownName(hasOwnHub), pid: process.pid, thread: threadId };
}

function ownName(hasOwnHub: boolean): string {
  const name = processName(hasOwnHub);
  // Threads do not know whose they are; the main thread puts its own name before theirs.
  return isMainThread ? name : `${hasOwnHub ? `${name}/` : ''}thread-${threadId}`;
}

function processName(hasOwnHub: boolean): string {
  // PM2's number of a process stays when the process is replaced.
  const number = process.env['pm_id'] ?? cluster.worker?.id;
  return String(number ?? (hasOwnHub ? process.pid : 'main'));
}
