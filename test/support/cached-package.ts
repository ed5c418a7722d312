import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
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
}

/**
 * Installs packages at their first use, and keeps them from one run to the next.
 *
 * @returns the folder of its `node_modules`
 * @throws when npm cannot install it
 */
export async function installCached({ key, ...download }: CachedPackage): Promise<string> {
  const directory = join(CACHE, key);
  if (!existsSync(directory)) await install(download, directory);
  return join(directory, 'node_modules');
}

/** Beside its place at first: what is there is complete. */
async function install(
  { specifiers, flags, timeoutMs }: Omit<CachedPackage, 'key'>,
  directory: string,
): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  removeInterrupted();
  const unfinished = mkdtempSync(join(CACHE, UNFINISHED));
  try {
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...flags, '--prefix', unfinished, ...specifiers],
      { directory: unfinished, timeoutMs },
    );
    if (exitCode !== 0) {
      const late = exitCode === null ? `It took more than ${timeoutMs / 1000} s. ` : '';
      throw new Error(`${specifiers.join(' ')} cannot be installed in ${CACHE}. ${late}${stderr}`);
    }
    moveInto(directory, unfinished);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function moveInto(directory: string, unfinished: string): void {
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another run had it at the same time.
    if (!existsSync(directory)) throw error;
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
