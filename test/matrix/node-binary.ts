import { join } from 'node:path';
import { installCached } from '../support/cached-package.js';
import { INSTALL_FLAGS } from '../support/consumer-process.js';
import type { Combination } from './combination.js';

/** They are 190 MB each. */
const DOWNLOAD_TIMEOUT_MS = 480_000;

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

/**
 * The path of a Node of this major version, which is downloaded at its first use, from the npm registry.
 *
 * @throws when there is none for this machine.
 */
export async function nodeBinary(major: Combination['node']): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const version = VERSIONS[major];
  const modules = await installCached({
    key: `${name}-${version}`,
    specifiers: [`${name}@${version}`],
    flags: INSTALL_FLAGS,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  return join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
