import { open, rm, stat } from 'node:fs/promises';

/** Taking over takes milliseconds: whoever has held the lock for so long was killed meanwhile. */
const LEFT_LOCK_MS = 10_000;

/**
 * Puts something new in the place of a file that whoever was killed has left. One at a time, by a lock beside it: of two that find the
 * same file, the second one would remove what the first one has put there.
 *
 * @param isLeftOver - whether the file is one that may be removed
 * @returns whether it was done; not when somebody else is doing it, or has done it
 */
export async function replaceLeftOver(
  path: string,
  isLeftOver: () => Promise<boolean>,
  replace: () => Promise<void>,
): Promise<boolean> {
  if (!(await isLeftOver()) || !(await lock(`${path}.lock`))) {
    return false;
  }
  try {
    // Meanwhile another one may have had the lock, and be there.
    if (!(await isLeftOver())) {
      return false;
    }
    await rm(path);
    await replace();
    return true;
  } finally {
    await rm(`${path}.lock`, { force: true });
  }
}

async function lock(path: string): Promise<boolean> {
  return (await create(path)) || ((await removeLeftLock(path)) && (await create(path)));
}

async function create(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function removeLeftLock(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < LEFT_LOCK_MS) {
      return false;
    }
    await rm(path);
  } catch {
    // It is gone already.
  }
  return true;
}
