import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installCached } from './cached-package.js';

const VERSION = '12.11.1';

/** Where there is no binary for this machine, it is compiled: minutes on a slow one. */
export const BETTER_SQLITE3_TIMEOUT_MS = 900_000;

/**
 * Loads `better-sqlite3`, for the option `driver` of TypeORM's data sources. It is installed at its first use and kept
 * outside of this folder: as a dependency, `npm ci` would need a compiler on some machines.
 *
 * @throws when it cannot be installed
 */
export async function loadBetterSqlite3(): Promise<unknown> {
  const { platform, arch, versions } = process;
  const modules = await installCached({
    key: `better-sqlite3-${VERSION}-${platform}-${arch}-${versions.modules}`,
    specifiers: [`better-sqlite3@${VERSION}`],
    flags: ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'],
    timeoutMs: BETTER_SQLITE3_TIMEOUT_MS - 10_000,
    // Where it has to be compiled, optimizing would take most of the time, and the tests read few rows.
    environment: { CFLAGS: '-O0', CXXFLAGS: '-O0' },
  });
  return createRequire(join(modules, 'resolved-from-here.js'))('better-sqlite3');
}
