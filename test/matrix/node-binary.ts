import { join } from 'node:path';
import { cachedInstallation } from '../support/cached-installation.js';
import type { Combination } from './combination.js';

/**
 * Of 20, 22 and 24 the oldest that the library's engines allow, of 26 the newest. Its own tests run with whatever
 * Node they are started with. 190 MB each.
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
  const directory = await cachedInstallation(`${name}-${version}`, [`${name}@${version}`]);
  return join(directory, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
