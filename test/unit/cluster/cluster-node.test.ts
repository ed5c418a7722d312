import { beforeEach, describe, expect, it } from 'vitest';
import { ClusterNode } from '../../../src/cluster/cluster-node.js';
import { type Bundle, MAX_FAILURES, type Message } from '../../../src/cluster/messages.js';
import { Uplink } from '../../../src/cluster/uplink.js';
import { encodeSnapshots, SnapshotDecoder } from '../../../src/cluster/wire/snapshot-codec.js';
import { HyperMetricsError } from '../../../src/core/errors.js';
import { useProcessNode } from '../../../src/cluster/process-node.js';
import { FakeLink } from './fake-link.js';
import { local, scalar } from './snapshots.js';

const GROUP = 'app_';
const WITHIN_MS = 200;

/** A node with a counter of its own, below another one when there is one. */
function nodeWith(worker: string, jobs: () => number, above?: ClusterNode) {
  const node = new ClusterNode({ worker, pid: 1, thread: 0 });
  const down: FakeLink = new FakeLink((message) => queueMicrotask(() => up.say(message)));
  const up: FakeLink = new FakeLink((message) => queueMicrotask(() => down.say(message)));
  node.join(GROUP, local('jobs_total', jobs), {});
  if (above !== undefined) {
    above.accept(down);
    node.uplink = new Uplink(async () => up, node);
    node.uplink.wake();
  }
  return { node, die: () => down.end() };
}

/** How many jobs each has, by its label; of those that have ended together. `undefined` without an answer. */
function jobsOf(bundle: Bundle | undefined): Record<string, number> | undefined {
  const members = bundle?.members;
  return (
    members &&
    Object.fromEntries(
      members.map(({ worker, hasEnded, payload }) => {
        const families = new SnapshotDecoder().decode(Buffer.from(payload, 'base64'));
        const sum = families.reduce((jobs, { values }) => jobs + (values[0] as number), 0);
        return [hasEnded ? `ended at ${worker}` : worker, sum];
      }),
    )
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
      expect(bundle?.failures).toBe(0);
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
  /** A worker of a primary that can be kept from answering, and a thread of that worker. */
  const stuckTree = async (isStuck = false) => {
    const primary = nodeWith('primary', () => 1);
    const state = { isStuck };
    const missed: Message[] = [];
    const node = new ClusterNode({ worker: '2', pid: 2, thread: 0 });
    const down: FakeLink = new FakeLink((message) => queueMicrotask(() => up.say(message)));
    const up: FakeLink = new FakeLink((message) => {
      if (state.isStuck) {
        missed.push(message);
      } else {
        queueMicrotask(() => down.say(message));
      }
    });
    node.join(
      GROUP,
      local('jobs_total', () => counted),
      {},
    );
    primary.node.accept(down);
    node.uplink = new Uplink(async () => up, node);
    node.uplink.wake();
    const all = { primary: 1, '2': 10 };
    if (!isStuck) {
      await expect.poll(async () => jobsOf(await node.gather(GROUP, WITHIN_MS))).toEqual(all);
    }
    const goOn = () => {
      state.isStuck = false;
      missed.splice(0).forEach((message) => down.say(message));
    };
    return { node, up, state, missed, goOn };
  };

  it('gives nothing, is not waited for again, and gives everything when it has gone on', async () => {
    const { node, state, missed, goOn } = await stuckTree();
    state.isStuck = true;
    counted = 12;
    expect(await node.gather(GROUP, WITHIN_MS)).toBeUndefined();
    const asked = missed.length;
    expect(await node.gather(GROUP, WITHIN_MS)).toBeUndefined();
    expect(missed).toHaveLength(asked);
    goOn();
    await expect
      .poll(async () => jobsOf(await node.gather(GROUP, WITHIN_MS)))
      .toEqual({ primary: 1, '2': 12 });
    // Whoever closes is not held up, either.
    state.isStuck = true;
    await node.leave(GROUP, WITHIN_MS);
  });

  it('gives nothing to the threads of a worker, either, and they need not wait for longer than that', async () => {
    const { node, state, goOn } = await stuckTree();
    const thread = nodeWith('thread-1', () => 100, node);
    const all = { primary: 1, '2': 10, '2/thread-1': 100 };
    await expect.poll(async () => jobsOf(await thread.node.gather(GROUP, WITHIN_MS))).toEqual(all);
    state.isStuck = true;
    expect(await thread.node.gather(GROUP, WITHIN_MS)).toBeUndefined();
    expect(await thread.node.gather(GROUP, WITHIN_MS)).toBeUndefined();
    goOn();
    await expect.poll(async () => jobsOf(await thread.node.gather(GROUP, WITHIN_MS))).toEqual(all);
  });

  it('is waited for by a process that has just started, and has less to tell than the others', async () => {
    const { node, goOn } = await stuckTree(true);
    setTimeout(goOn, WITHIN_MS * 3);
    expect(jobsOf(await node.gather(GROUP, WITHIN_MS))).toEqual({ primary: 1, '2': 10 });
  });

  it('gives nothing when it is gone', async () => {
    const { node, up } = await stuckTree();
    up.end();
    expect(await node.gather(GROUP, WITHIN_MS)).toBeUndefined();
    node.uplink?.rest();
  });
});

describe('groups of families', () => {
  const groups = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => `g${from + index}_`);
  const payload = encodeSnapshots([scalar('jobs_total', 'counter', { a: 1 })]).toString('base64');
  const snapshot = { member: 'm', worker: '1', pid: 1, thread: 0, hasEnded: false, payload };

  /** A process with these groups. */
  function member(node: ClusterNode, names: readonly string[]): FakeLink {
    const link = new FakeLink();
    node.accept(link);
    for (const group of names) {
      link.say({ type: 'join', group });
      const bundle = { members: [snapshot], failures: 0 };
      link.say({ type: 'collected', id: 0, group, sequence: 1, bundle });
    }
    return link;
  }

  it('are remembered of the ended up to a number, and those past it are counted once', async () => {
    const { node } = nodeWith('primary', () => 1);
    for (const names of [groups(60), groups(60, 60), groups(60, 30)]) {
      member(node, names).end();
    }
    const first = await node.gather('g0_', WITHIN_MS);
    expect(first?.failures).toBe(20);
    expect(jobsOf(first)).toEqual({ 'ended at primary': 1 });
    expect(jobsOf(await node.gather('g99_', WITHIN_MS))).toEqual({ 'ended at primary': 1 });
    expect(await node.gather('g100_', WITHIN_MS)).toEqual({ members: [], failures: 0 });
    expect(jobsOf(await node.gather('g45_', WITHIN_MS))).toEqual({ 'ended at primary': 2 });
  });

  it('that one process has too many of are counted', async () => {
    const { node } = nodeWith('primary', () => 1);
    member(node, groups(103));
    expect((await node.gather(GROUP, WITHIN_MS))?.failures).toBe(3);
    expect((await node.gather(GROUP, WITHIN_MS))?.failures).toBe(0);
  });

  it('that come and go in one process are forgotten past a number, the oldest first', async () => {
    const { node } = nodeWith('primary', () => 1);
    for (const group of groups(102)) {
      node.join(
        group,
        local('jobs_total', () => 1),
        {},
      );
      await node.leave(group, WITHIN_MS);
    }
    const first = await node.gather('g1_', WITHIN_MS);
    expect(first).toEqual({ members: [], failures: 2 });
    expect(jobsOf(await node.gather('g2_', WITHIN_MS))).toEqual({ 'ended at primary': 1 });
  });

  it('say of no more failures than anybody reads', async () => {
    const { node } = nodeWith('primary', () => 1);
    const link = member(node, groups(100));
    for (let time = 0; time < MAX_FAILURES + 5; time += 1) {
      link.say({ type: 'join', group: 'another_' });
    }
    expect((await node.gather(GROUP, WITHIN_MS))?.failures).toBe(MAX_FAILURES);
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
