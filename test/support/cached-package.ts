import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../sample/src/common/poll.js';
import { runCommand } from './consumer-process.js';

const UNFINISHED = 'unfinished-';
/** Longer than any installation takes. */
const INTERRUPTED_AFTER_MS = 1_800_000;

/** What is too large for each run to download is kept outside of this folder. Empty means not set, as XDG has it. */
const { XDG_CACHE_HOME: caches = '' } = process.env;
const CACHE = join(caches === '' ? join(homedir(), '.cache') : caches, 'nestjs-hyper-metrics-tests');

export interface CachedPackage {
  /** Names the installation: the package, its version, and what else it depends on. */
  readonly key: string;
  /** `name@version`, of one or several packages that belong together. */
  readonly specifiers: readonly string[];
  /** Of `npm install`. */
  readonly flags: readonly string[];
  readonly timeoutMs: number;
  /** Variables of `npm install`, beside this process' own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Installs packages at their first use, and keeps them from one run to the next. Processes that ask for the same ones at the same
 * time wait for the first of them.
 *
 * @returns the folder of its `node_modules`
 * @throws when npm cannot install it
 */
export async function installCached({ key, ...download }: CachedPackage): Promise<string> {
  const directory = join(CACHE, key);
  if (!existsSync(directory)) {
    mkdirSync(CACHE, { recursive: true });
    const lock = `${directory}.lock`;
    const wait = { timeoutMs: download.timeoutMs, intervalMs: 100 };
    if (!(await poll(() => acquire(lock), wait)))
      throw new Error(`Another process has kept ${lock} too long.`);
    try {
      if (!existsSync(directory)) await install(download, directory);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return join(directory, 'node_modules');
}

/** Whether this process has the lock now. The lock of a process that was killed is removed. */
function acquire(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(ownerOf(lock))) rmSync(lock, { force: true });
    return false;
  }
}

function ownerOf(lock: string): number {
  try {
    // Empty until its owner has written its id.
    return Number(readFileSync(lock, 'utf8')) || process.pid;
  } catch {
    return process.pid;
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** Beside its place at first: what is there is complete. */
async function install(
  { specifiers, flags, timeoutMs, environment = {} }: Omit<CachedPackage, 'key'>,
  directory: string,
): Promise<void> {
  removeInterrupted();
  const unfinished = mkdtempSync(join(CACHE, UNFINISHED));
  try {
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...flags, '--prefix', unfinished, ...specifiers],
      { directory: unfinished, timeoutMs, environment },
    );
    if (exitCode !== 0) {
      const late = exitCode === null ? `It took more than ${timeoutMs / 1000} s. ` : '';
      throw new Error(`${specifiers.join(' ')} cannot be installed in ${CACHE}. ${late}${stderr}`);
    }
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Downloads of runs that were killed; those of others that run now are younger. */
function removeInterrupted(): void {
  for (const name of readdirSync(CACHE).filter((entry) => entry.startsWith(UNFINISHED))) {
    const path = join(CACHE, name);
    const begun = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - begun > INTERRUPTED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}
