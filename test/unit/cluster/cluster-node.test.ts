import { beforeEach, describe, expect, it } from 'vitest';
import { ClusterNode } from '../../../src/cluster/cluster-node.js';
import type { Bundle } from '../../../src/cluster/messages.js';
import { Uplink } from '../../../src/cluster/uplink.js';
import { SnapshotDecoder } from '../../../src/cluster/wire/snapshot-codec.js';
import { HyperMetricsError } from '../../../src/core/errors.js';
import { useProcessNode } from '../../../src/cluster/process-node.js';
import { FakeLink } from './fake-link.js';
import { scalar } from './snapshots.js';

const GROUP = 'app_';
const WITHIN_MS = 200;

/** A node with a counter of its own, below another one when there is one. */
function nodeWith(worker: string, jobs: () => number, above?: ClusterNode) {
  const node = new ClusterNode({ worker, pid: 1, thread: 0 });
  const down: FakeLink = new FakeLink((message) => queueMicrotask(() => up.say(message)));
  const up: FakeLink = new FakeLink((message) => queueMicrotask(() => down.say(message)));
  node.join(GROUP, { gather: async () => [scalar('jobs_total', 'counter', { a: jobs() })] }, {});
  if (above !== undefined) {
    above.accept(down);
    node.uplink = new Uplink(async () => up, node);
    node.uplink.wake();
  }
  return { node, die: () => down.end() };
}

/** How many jobs each has, by its label; of those that have ended together. */
function jobsOf({ members }: Bundle): Record<string, number> {
  return Object.fromEntries(
    members.map(({ worker, hasEnded, payload }) => {
      const families = new SnapshotDecoder().decode(Buffer.from(payload, 'base64'));
      const sum = families.reduce((jobs, { values }) => jobs + (values[0] as number), 0);
      return [hasEnded ? `ended at ${worker}` : worker, sum];
    }),
  );
}

let counted: number;
beforeEach(() => {
  counted = 10;
});

describe('a tree of a primary, its worker, and threads of that', () => {
  const tree = async () => {
    const primary = nodeWith('primary', () => 1);
    const worker = nodeWith('2', () => counted, primary.node);
    const first = nodeWith('thread-1', () => 100, worker.node);
    const second = nodeWith('thread-2', () => 1000, worker.node);
    const all = { primary: 1, '2': 10, '2/thread-1': 100, '2/thread-2': 1000 };
    await expect.poll(async () => jobsOf(await second.node.gather(GROUP, WITHIN_MS))).toEqual(all);
    return { primary, worker, first, second, all };
  };

  it('answers for all, whoever is asked', async () => {
    const { primary, worker, first, all } = await tree();
    for (const { node } of [primary, worker, first]) {
      const bundle = await node.gather(GROUP, WITHIN_MS);
      expect(jobsOf(bundle)).toEqual(all);
      expect(bundle.failures).toBe(0);
    }
  });

  it('remembers a thread that ends where it was, and all of them in the primary when their worker ends', async () => {
    const { primary, worker, first, second } = await tree();
    first.die();
    expect(jobsOf(await second.node.gather(GROUP, WITHIN_MS))).toEqual({
      primary: 1,
      '2': 10,
      '2/thread-2': 1000,
      'ended at 2': 100,
    });
    worker.die();
    expect(jobsOf(await primary.node.gather(GROUP, WITHIN_MS))).toEqual({
      primary: 1,
      'ended at primary': 1110,
    });
  });

  it('keeps what the worker’s own application counted when that closes and its threads go on', async () => {
    const { primary, worker, second } = await tree();
    counted = 11;
    await worker.node.leave(GROUP, WITHIN_MS);
    counted = 99;
    const after = { primary: 1, 'ended at 2': 11, '2/thread-1': 100, '2/thread-2': 1000 };
    expect(jobsOf(await second.node.gather(GROUP, WITHIN_MS))).toEqual(after);
    expect(jobsOf(await primary.node.gather(GROUP, WITHIN_MS))).toEqual(after);
  });
});

describe('a hub that does not answer', () => {
  it('leaves the others as they were, and is not waited for again', async () => {
    const primary = nodeWith('primary', () => 1);
    let isStuck = false;
    const node = new ClusterNode({ worker: '2', pid: 2, thread: 0 });
    const down: FakeLink = new FakeLink((message) => isStuck || queueMicrotask(() => up.say(message)));
    const up: FakeLink = new FakeLink((message) => queueMicrotask(() => down.say(message)));
    node.join(GROUP, { gather: async () => [scalar('jobs_total', 'counter', { a: counted })] }, {});
    primary.node.accept(down);
    node.uplink = new Uplink(async () => up, node);
    node.uplink.wake();
    await expect
      .poll(async () => jobsOf(await node.gather(GROUP, WITHIN_MS)))
      .toEqual({ primary: 1, '2': 10 });
    isStuck = true;
    counted = 12;
    const first = await node.gather(GROUP, WITHIN_MS);
    expect(jobsOf(first)).toEqual({ primary: 1, '2': 12 });
    expect(first.failures).toBe(1);
    const startedAtMs = performance.now();
    expect((await node.gather(GROUP, WITHIN_MS)).failures).toBe(1);
    expect(performance.now() - startedAtMs).toBeLessThan(WITHIN_MS / 2);
    // Whoever closes is not held up, either.
    await node.leave(GROUP, WITHIN_MS);
  });
});

describe('useProcessNode', () => {
  it('refuses a second hub', () => {
    const first = useProcessNode('/nowhere/first.sock');
    try {
      expect(() => useProcessNode('/nowhere/second.sock')).toThrow(HyperMetricsError);
    } finally {
      first.release();
    }
  });

  it('lets a main thread whose threads are set up have a hub as well', () => {
    const first = useProcessNode();
    const second = useProcessNode('/nowhere/first.sock');
    try {
      expect(second.node).toBe(first.node);
      expect(second.node.uplink).toBeDefined();
    } finally {
      first.release();
      second.release();
    }
  });
});
