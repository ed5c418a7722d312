import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { INSTALL_FLAGS, runCommand } from './consumer-process.js';

const DOWNLOAD_TIMEOUT_MS = 240_000;
const UNFINISHED = 'unfinished-';

/** Kept from one run to the next, outside of the checkout. An empty variable means not set, as XDG has it. */
const { XDG_CACHE_HOME: caches = '' } = process.env;
const CACHE = join(caches === '' ? join(homedir(), '.cache') : caches, 'nestjs-hyper-metrics-tests');

/**
 * Installs packages from the npm registry at the first use.
 *
 * @param name - of the directory; has to name the packages' versions.
 * @param packages - as `npm install` is given them, with exact versions.
 * @returns the directory that has `node_modules`.
 * @throws when npm fails or takes too long.
 */
export async function cachedInstallation(name: string, packages: readonly string[]): Promise<string> {
  const directory = join(CACHE, name);
  if (!existsSync(directory)) await download(packages, directory);
  return directory;
}

/** Beside its place at first: what is there is complete. */
async function download(packages: readonly string[], directory: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  removeInterrupted();
  const unfinished = mkdtempSync(join(CACHE, UNFINISHED));
  try {
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...INSTALL_FLAGS, '--prefix', unfinished, ...packages],
      {
        directory: unfinished,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      },
    );
    if (exitCode !== 0) {
      const late = exitCode === null ? `It took more than ${DOWNLOAD_TIMEOUT_MS / 1000} s. ` : '';
      throw new Error(`${packages.join(', ')} cannot be downloaded to ${CACHE}. ${late}${stderr}`);
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
    if (Date.now() - begun > 2 * DOWNLOAD_TIMEOUT_MS) rmSync(path, { recursive: true, force: true });
  }
}
