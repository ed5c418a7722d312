import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readControlGroups } from '../../../src/process/control-groups.js';

const MIB = 2 ** 20;
/** What kernels have for no limit: 2^63 less a page. */
const UNLIMITED = '9223372036854771712';
const UNIFIED_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const MEMORY_MOUNT = '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory';
const CPU_MOUNT = '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct';

describe('readControlGroups()', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'control-groups-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  const limits = () => readControlGroups(root);
  const none = { memoryBytes: undefined, cpuCores: undefined };

  it('reads the limits of a container with version 2', async () => {
    put({
      'proc/self/cgroup': '0::/\n',
      'proc/self/mountinfo': `${UNIFIED_MOUNT}\n`,
      'sys/fs/cgroup/memory.max': `${512 * MIB}\n`,
      'sys/fs/cgroup/cpu.max': '150000 100000\n',
    });
    expect(await limits()).toEqual({ memoryBytes: 512 * MIB, cpuCores: 1.5 });
  });

  it('takes the lowest limit of nested groups, whichever of them has it', async () => {
    put({
      'proc/self/cgroup': '0::/kubepods/pod1/container\n',
      'proc/self/mountinfo': UNIFIED_MOUNT,
      'sys/fs/cgroup/kubepods/memory.max': `${8000 * MIB}`,
      'sys/fs/cgroup/kubepods/cpu.max': 'max 100000',
      'sys/fs/cgroup/kubepods/pod1/memory.max': `${256 * MIB}`,
      'sys/fs/cgroup/kubepods/pod1/cpu.max': '400000 100000',
      'sys/fs/cgroup/kubepods/pod1/container/memory.max': 'max',
      'sys/fs/cgroup/kubepods/pod1/container/cpu.max': '50000 100000',
    });
    expect(await limits()).toEqual({ memoryBytes: 256 * MIB, cpuCores: 0.5 });
  });

  it('reads the limits of version 1, whose controllers may be mounted together', async () => {
    put({
      'proc/self/cgroup': '4:memory:/user/app\n2:cpu,cpuacct:/user/app\n1:name=systemd:/user\n0::/\n',
      'proc/self/mountinfo': `${CPU_MOUNT}\n${MEMORY_MOUNT}\n`,
      'sys/fs/cgroup/memory/user/app/memory.limit_in_bytes': UNLIMITED,
      'sys/fs/cgroup/memory/user/memory.limit_in_bytes': `${100 * MIB}`,
      'sys/fs/cgroup/cpu,cpuacct/user/app/cpu.cfs_quota_us': '25000',
      'sys/fs/cgroup/cpu,cpuacct/user/app/cpu.cfs_period_us': '50000',
      'sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_period_us': '100000',
    });
    expect(await limits()).toEqual({ memoryBytes: 100 * MIB, cpuCores: 0.5 });
  });

  it('reads a container without a namespace, which sees its own group under the path of the host', async () => {
    put({
      'proc/self/cgroup': '4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc/worker\n',
      'proc/self/mountinfo': [
        CPU_MOUNT.replace(' / /sys', ' /docker/abc /sys'),
        MEMORY_MOUNT.replace(' / /sys', ' /docker/abc /sys'),
      ].join('\n'),
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${64 * MIB}`,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '300000',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/cpu,cpuacct/worker/cpu.cfs_quota_us': '200000',
      'sys/fs/cgroup/cpu,cpuacct/worker/cpu.cfs_period_us': '100000',
    });
    expect(await limits()).toEqual({ memoryBytes: 64 * MIB, cpuCores: 2 });
  });

  it('reads both versions where both are mounted', async () => {
    put({
      'proc/self/cgroup': '4:memory:/app\n0::/app\n',
      'proc/self/mountinfo': `${MEMORY_MOUNT}\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
      'sys/fs/cgroup/memory/app/memory.limit_in_bytes': `${64 * MIB}`,
      'sys/fs/cgroup/unified/app/cpu.max': '100000 100000',
    });
    expect(await limits()).toEqual({ memoryBytes: 64 * MIB, cpuCores: 1 });
  });

  it('finds a mount point with a space, and the usual one without a list of mounts', async () => {
    put({
      'proc/self/cgroup': '0::/\n',
      'proc/self/mountinfo': '30 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw',
      'my groups/memory.max': `${MIB}`,
    });
    expect((await limits()).memoryBytes).toBe(MIB);
    rmSync(join(root, 'proc/self/mountinfo'));
    put({ 'sys/fs/cgroup/memory.max': `${2 * MIB}` });
    expect((await limits()).memoryBytes).toBe(2 * MIB);
  });

  it('knows no limit where there is none', async () => {
    put({
      'proc/self/cgroup': '4:memory:/app\n2:cpu,cpuacct:/app\n0::/\n',
      'proc/self/mountinfo': `${CPU_MOUNT}\n${MEMORY_MOUNT}\n${UNIFIED_MOUNT}\n`,
      'sys/fs/cgroup/memory.max': 'max\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/memory/app/memory.limit_in_bytes': UNLIMITED,
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000',
    });
    expect(await limits()).toEqual(none);
  });

  it.each([
    ['no files at all', {}],
    ['an empty list of groups', { 'proc/self/cgroup': '' }],
    [
      'a list that is garbage',
      { 'proc/self/cgroup': 'garbage\n::\n0:\n', 'proc/self/mountinfo': ' - \n-\n' },
    ],
    [
      'limits that are garbage',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': UNIFIED_MOUNT,
        'sys/fs/cgroup/memory.max': '12 monkeys',
        'sys/fs/cgroup/cpu.max': '100000',
      },
    ],
    [
      'a limit of 0, and a period of 0',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': UNIFIED_MOUNT,
        'sys/fs/cgroup/memory.max': '0',
        'sys/fs/cgroup/cpu.max': '100000 0',
      },
    ],
    [
      'a limit above the numbers that JavaScript has',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': UNIFIED_MOUNT,
        'sys/fs/cgroup/memory.max': '18446744073709551615',
        'sys/fs/cgroup/cpu.max': `${'9'.repeat(400)} 100000`,
      },
    ],
  ])('knows no limit with %s', async (_, files) => {
    put(files);
    expect(await limits()).toEqual(none);
  });

  it('leaves out what it cannot read', async () => {
    put({
      'proc/self/cgroup': '0::/app\n',
      'proc/self/mountinfo': UNIFIED_MOUNT,
      'sys/fs/cgroup/app/memory.max/a-folder': '',
      'sys/fs/cgroup/app/cpu.max': '100000 100000',
    });
    expect(await limits()).toEqual({ memoryBytes: undefined, cpuCores: 1 });
    chmodSync(join(root, 'sys/fs/cgroup/app/cpu.max'), 0o000);
    // The root user of a test machine reads every file.
    expect((await limits()).cpuCores).toBe(process.getuid?.() === 0 ? 1 : undefined);
  });

  it('reads the groups of this process', async () => {
    const { memoryBytes, cpuCores } = await readControlGroups();
    expect(memoryBytes ?? 1).toBeGreaterThan(0);
    expect(cpuCores ?? 1).toBeGreaterThan(0);
  });
});
