import { lchownSync } from 'node:fs';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** "nobody" on most systems. */
const UNPRIVILEGED: ServerUser = { uid: 65_534, gid: 65_534 };

/** Who the server runs as, since PostgreSQL refuses to run as root. Undefined: as ourselves. */
export const SERVER_USER: ServerUser | undefined = process.geteuid?.() === 0 ? UNPRIVILEGED : undefined;

export function giveToServerUser(path: string): void {
  if (SERVER_USER !== undefined) lchownSync(path, SERVER_USER.uid, SERVER_USER.gid);
}
