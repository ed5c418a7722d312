import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/consumer-process.js';
import type { Combination } from './combination.js';

const DOWNLOAD_TIMEOUT_MS = 240_000;

/**
 * Of 20 and 22 the oldest that the library's engines allow, of the others the newest. Its own tests run with whatever
 * Node they are started with.
 */
const VERSIONS: Readonly<Record<Combination['node'], string>> = {
  '20': '20.19.0',
  '22': '22.13.0',
  '24': '24.21.0',
  '26': '26.10.0',
};

/** 190 MB each, and so kept from one run to the next, outside of this folder. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'nestjs-hyper-metrics-tests');

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
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
    const { exitCode, stderr } = await runCommand(
      'npm',
      ['install', ...flags, '--prefix', unfinished, specifier],
      {
        directory: unfinished,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      },
    );
    if (exitCode !== 0) throw new Error(`${specifier} cannot be installed:\n${stderr}`);
    putInPlace(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function putInPlace(unfinished: string, directory: string): void {
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(directory)) throw error;
  }
}
