import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const UNKNOWN_VERSION = '0.0.0';

/** The `version` in the package.json nearest above the main script, else `0.0.0`. */
export function applicationVersion(mainScript: string | undefined = process.argv[1]): string {
  if (mainScript === undefined) {
    return UNKNOWN_VERSION;
  }
  // `node .` has a folder here. A file has no package.json below it, so that the search can begin at either.
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

/** Process managers and `.bin` folders start scripts through symbolic links. */
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
