import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { INSTALL_FLAGS, runCommand } from '../support/consumer-process.js';
import type { Combination } from './combination.js';

const DOWNLOAD_TIMEOUT_MS = 240_000;
const UNFINISHED = 'unfinished-';

/**
 * Of 20, 22 and 24 the oldest that the library's engines allow, of 26 the newest. Its own tests run with whatever
 * Node they are started with.
 */
const VERSIONS: Readonly<Record<Combination['node'], string>> = {
  '20': '20.19.0',
  '22': '22.13.0',
  '24': '24.0.0',
  '26': '26.10.0',
};

/** 190 MB each, and so kept from one run to the next, outside of this folder. Empty means not set, as XDG has it. */
const { XDG_CACHE_HOME: caches = '' } = process.env;
const CACHE = join(caches === '' ? join(homedir(), '.cache') : caches, 'nestjs-hyper-metrics-tests');

/**
 * The path of a Node of this major version, which is downloaded at its first use, from the npm registry.
 *
 * @throws when there is none for this machine.
 */
export async function nodeBinary(major: Combination['node']): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const version = VERSIONS[major];
  const directory = join(CACHE, `${name}-${version}`);
  if (!existsSync(directory)) await download(`${name}@${version}`, directory);
  return join(directory, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Beside its place at first: what is there is complete. */
async function download(specifier: string, directory: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  removeInterrupted();
  const unfinished = mkdtempSync(join(CACHE, UNFINISHED));
  try {
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...INSTALL_FLAGS, '--prefix', unfinished, specifier],
      {
        directory: unfinished,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      },
    );
    if (exitCode !== 0) {
      const late = exitCode === null ? `It took more than ${DOWNLOAD_TIMEOUT_MS / 1000} s. ` : '';
      throw new Error(`${specifier} cannot be downloaded to ${CACHE}. ${late}${stderr}`);
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
