import cluster from 'node:cluster';
import { isMainThread, threadId } from 'node:worker_threads';

/** The identity of a process or thread. */
export interface MemberIdentity {
  readonly worker: string;
  readonly pid: number;
  readonly thread: number;
}

const MAX_NAME_CHARACTERS = 80;

/** Returns the name of a process or thread in logs. */
export function nameForLogs({ worker, pid }: MemberIdentity): string {
  const readable = worker.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_NAME_CHARACTERS);
  return `worker ${readable} (pid ${pid})`;
}

/** @param hasOwnHub - whether it is a member of a hub in another process than its primary */
export function ownIdentity(hasOwnHub: boolean): MemberIdentity {
  return { worker: ownName(hasOwnHub), pid: process.pid, thread: threadId };
}

function ownName(hasOwnHub: boolean): string {
  const name = processName(hasOwnHub);
  // A thread does not know its process' name: the main thread adds it as a prefix.
  return isMainThread ? name : `${hasOwnHub ? `${name}/` : ''}thread-${threadId}`;
}

function processName(hasOwnHub: boolean): string {
  // PM2 reuses the number when it replaces a process.
  const number = process.env['pm_id'] ?? cluster.worker?.id;
  return String(number ?? (hasOwnHub ? process.pid : 'main'));
}
