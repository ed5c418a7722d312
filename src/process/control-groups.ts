import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Limits of the process; `undefined` where there is none or it cannot be read. */
export interface ProcessLimits {
  readonly memoryBytes: number | undefined;
  readonly cpuCores: number | undefined;
}

/** A hierarchy of control groups: its files, and the group of the process. */
interface Hierarchy {
  readonly mountPoint: string;
  /** Relative to the mount point, `/` for itself. */
  readonly group: string;
}

/** The largest limit. Above it are the numbers by which kernels say that there is none, such as 2^63 less a page. */
const NO_LIMIT = 2 ** 53;
/** Deeper groups than systemd's and Kubernetes' are possible. */
const MAX_DEPTH = 32;

/**
 * Reads the limits that Linux' control groups set, of both versions. A limit of a group holds for those below it, so that the lowest
 * one counts. In a container, groups above its own are not visible. Files that are missing or unreadable have no limit.
 *
 * @param root - the root of the file system
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export async function readControlGroups(root = '/'): Promise<ProcessLimits> {
  const [groups, mounts] = await Promise.all([
    linesOf(join(root, 'proc/self/cgroup')),
    linesOf(join(root, 'proc/self/mountinfo')),
  ]);
  const memory: Promise<number | undefined>[] = [];
  const cpu: Promise<number | undefined>[] = [];
  for (const line of groups) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isUnified = line.startsWith('0::');
    const names = controllers.split(',');
    if (isUnified || names.includes('memory')) {
      const file = isUnified ? 'memory.max' : 'memory.limit_in_bytes';
      memory.push(
        lowest(root, hierarchyOf(mounts, isUnified, 'memory', path), async (folder) =>
          limitOf(await textOf(join(folder, file))),
        ),
      );
    }
    if (isUnified || names.includes('cpu')) {
      cpu.push(
        lowest(root, hierarchyOf(mounts, isUnified, 'cpu', path), isUnified ? quotaOf : quotaOfVersion1),
      );
    }
  }
  return { memoryBytes: least(await Promise.all(memory)), cpuCores: least(await Promise.all(cpu)) };
}

/** Returns the lowest limit of a group and of those above it. */
async function lowest(
  root: string,
  { mountPoint, group }: Hierarchy,
  read: (folder: string) => Promise<number | undefined>,
): Promise<number | undefined> {
  const folders: string[] = [];
  for (let path = group; folders.length < MAX_DEPTH; path = posix.dirname(path)) {
    folders.push(join(root, mountPoint, path));
    if (path === '/') {
      break;
    }
  }
  return least(await Promise.all(folders.map(read)));
}

/**
 * Finds where a hierarchy is mounted. Its root may be a group: a container without a namespace of control groups sees its own group
 * there, under the full path that the host gives it.
 */
function hierarchyOf(
  mounts: readonly string[],
  isUnified: boolean,
  controller: string,
  path: string,
): Hierarchy {
  for (const line of mounts) {
    const [mount = '', source = ''] = line.split(' - ', 2);
    const [, , , mountRoot = '/', mountPoint = ''] = mount.split(' ');
    const [type = '', , superOptions = ''] = source.split(' ');
    const isWanted = isUnified
      ? type === 'cgroup2'
      : type === 'cgroup' && superOptions.split(',').includes(controller);
    if (isWanted) {
      return { mountPoint: unescaped(mountPoint), group: relativeTo(unescaped(mountRoot), path) };
    }
  }
  return { mountPoint: isUnified ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controller}`, group: '/' };
}

/** A group outside of what is mounted is not visible: then the mounted one is the nearest. */
function relativeTo(mountRoot: string, path: string): string {
  const relative = posix.relative(mountRoot, path);
  return relative.startsWith('..') ? '/' : posix.join('/', relative);
}

/** mountinfo has spaces and other characters as octal numbers (proc_pid_mountinfo(5)). */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** `cpu.max`: the quota or `max`, and the period, in microseconds. */
async function quotaOf(folder: string): Promise<number | undefined> {
  const [quota, period] = (await textOf(join(folder, 'cpu.max'))).split(' ');
  return ratio(limitOf(quota), limitOf(period));
}

/** Version 1 has -1 for no quota. */
async function quotaOfVersion1(folder: string): Promise<number | undefined> {
  const [quota, period] = await Promise.all([
    textOf(join(folder, 'cpu.cfs_quota_us')),
    textOf(join(folder, 'cpu.cfs_period_us')),
  ]);
  return ratio(limitOf(quota), limitOf(period));
}

function ratio(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined ? undefined : quota / period;
}

/** Returns a positive whole number; `undefined` for `max`, for the kernel's other ways to say that there is no limit, and for garbage. */
function limitOf(text: string | undefined): number | undefined {
  const number = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  return number > 0 && number < NO_LIMIT ? number : undefined;
}

function least(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return '';
  }
}

async function linesOf(path: string): Promise<string[]> {
  return (await textOf(path)).split('\n');
}
