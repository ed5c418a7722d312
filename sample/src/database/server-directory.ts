import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentPidNamespace, describeProcess } from './process-table.js';
import { giveToServerUser } from './server-user.js';

const PREFIX = 'hyper-metrics-postgres-';
/** Younger directories without a readable owner file may belong to a process that is about to write it. */
const OWNERLESS_GRACE_MS = 60_000;

interface Owner {
  readonly pid: number;
  readonly pidNamespace: string;
  readonly birth: string;
}

/** One server's files: `data`, a `native` copy of the binaries if one is needed, its log, and who started it. */
export class ServerDirectory {
  private constructor(readonly path: string) {}

  static create(): ServerDirectory {
    const directory = new ServerDirectory(mkdtempSync(join(tmpdir(), PREFIX)));
    writeFileSync(directory.ownerFile, JSON.stringify(describeOwner(process.pid)));
    // The server's user must get through, to directories of its own.
    chmodSync(directory.path, 0o711);
    mkdirSync(directory.data, { mode: 0o700 });
    giveToServerUser(directory.data);
    return directory;
  }

  /** The directories of this user whose owner is gone. */
  static findAbandoned(): ServerDirectory[] {
    return readdirSync(tmpdir())
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => new ServerDirectory(join(tmpdir(), name)))
      .filter((directory) => directory.isAbandoned());
  }

  get data(): string {
    return join(this.path, 'data');
  }

  get native(): string {
    return join(this.path, 'native');
  }

  get log(): string {
    return join(this.path, 'postgres.log');
  }

  get passwordFile(): string {
    return join(this.path, 'password');
  }

  private get ownerFile(): string {
    return join(this.path, 'owner.json');
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private isAbandoned(): boolean {
    try {
      const { uid, mtimeMs } = lstatSync(this.path);
      if (uid !== process.geteuid?.()) return false;
      const owner = this.readOwner();
      if (owner === undefined) return Date.now() - mtimeMs > OWNERLESS_GRACE_MS;
      return (
        owner.pidNamespace === currentPidNamespace() && describeProcess(owner.pid)?.birth !== owner.birth
      );
    } catch {
      // Its owner removed it while we were looking.
      return false;
    }
  }

  private readOwner(): Owner | undefined {
    try {
      const owner: unknown = JSON.parse(readFileSync(this.ownerFile, 'utf8'));
      return isOwner(owner) ? owner : undefined;
    } catch {
      return undefined;
    }
  }
}

function describeOwner(pid: number): Owner {
  return { pid, pidNamespace: currentPidNamespace(), birth: describeProcess(pid)?.birth ?? '' };
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, pidNamespace, birth } = value as Partial<Record<keyof Owner, unknown>>;
  return typeof pid === 'number' && typeof pidNamespace === 'string' && typeof birth === 'string';
}
