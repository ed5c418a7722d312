import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNKNOWN_VERSION = '0.0.0';

/** Returns the `version` of the nearest package.json above the main script; `0.0.0` without one. */
export function applicationVersion(mainScript: string | undefined = process.argv[1]): string {
  if (mainScript === undefined) {
    return UNKNOWN_VERSION;
  }
  // For `node .` this is a folder. The search can start at a file or a folder.
  let folder = realPath(mainScript);
  for (;;) {
    const version = readVersion(join(folder, 'package.json'));
    if (version !== undefined) {
      return version;
    }
    const parent = dirname(folder);
    if (parent === folder) {
      return UNKNOWN_VERSION;
    }
    folder = parent;
  }
}

/** Resolves symbolic links: process managers and `.bin` folders start scripts through them. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readVersion(packageJson: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(packageJson, 'utf8')) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}
