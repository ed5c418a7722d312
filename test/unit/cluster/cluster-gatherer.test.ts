import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterGatherer } from '../../../src/cluster/cluster-gatherer.js';
import { type Message, PROTOCOL_VERSION } from '../../../src/cluster/messages.js';
import { type NodeUse, useProcessNode } from '../../../src/cluster/process-node.js';
import { Uplink } from '../../../src/cluster/uplink.js';
import { encodeSnapshots } from '../../../src/cluster/wire/snapshot-codec.js';
import { MetricsUnavailableError } from '../../../src/core/errors.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { seriesKey } from '../../support/parse-exposition.js';
import { FakeLink } from './fake-link.js';
import { samples, scalar } from './snapshots.js';

const GROUP = 'app_';
const TIMEOUT_MS = 100;
const jobs = (value: number): FamilySnapshot => scalar('jobs_total', 'counter', { a: value });
type Question = Extract<Message, { readonly id: number; readonly withinMs: number }>;
type Answer = Extract<Message, { readonly id: number; readonly sequence: number }>;
const JOBS = seriesKey('jobs_total', { x: 'a' });
const DEPTH = seriesKey('depth', { x: 'a' });

let use: NodeUse;
beforeEach(() => {
  use = useProcessNode();
});
const open = new Set<ClusterGatherer>();
afterEach(async () => {
  for (const gatherer of open) {
    await gatherer.leave();
  }
  open.clear();
  use.release();
});

/** An application of this process, which is a hub. */
function application(
  families: () => FamilySnapshot[] = () => [jobs(1)],
  metrics = {},
  workerLabel = false,
  has: (name: string) => boolean = () => true,
) {
  const failures: number[] = [];
  const reasons: string[] = [];
  const gatherer = new ClusterGatherer(
    {
      group: GROUP,
      metrics,
      local: { gather: async () => families(), has },
      onFailure: (count, fault, reason) => {
        failures.push(count);
        reasons.push(`${fault}: ${reason}`);
      },
    },
    { timeoutMs: TIMEOUT_MS, workerLabel, hub: undefined },
  );
  gatherer.start();
  open.add(gatherer);
  return { failures, reasons, gatherer, read: async () => samples(await gatherer.gather()) };
}

const snapshot = (payload: string, name = 'm') => ({
  member: name,
  worker: '7',
  pid: 1,
  thread: 0,
  hasEnded: false,
  payload,
});
const payloadOf = (...families: FamilySnapshot[]): string => encodeSnapshots(families).toString('base64');

/** Another process below the hub. */
function member(payload: () => string | undefined, name = 'm'): FakeLink {
  const link = new FakeLink((message, self) => {
    const answer = message.type === 'collect' ? payload() : undefined;
    if (message.type === 'collect' && answer !== undefined) {
      self.say(collected(message.id, answer, name));
    }
  });
  use.node.accept(link);
  link.say({ type: 'hello' });
  link.say({ type: 'join', group: GROUP });
  return link;
}

let sequence = 0;
const collected = (id: number, payload: string, name = 'm', at = (sequence += 1)): Message => ({
  type: 'collected',
  id,
  group: GROUP,
  sequence: at,
  bundle: { members: [snapshot(payload, name)], failures: 0 },
});

describe('ClusterGatherer', () => {
  it('reads its own process only, while there is no other', async () => {
    const { gatherer, failures } = application(() => [jobs(1)]);
    const [family] = await gatherer.gather();
    expect(family?.values).toEqual(Float64Array.of(1));
    expect(failures).toEqual([]);
  });

  it('leaves out, and counts, snapshots of another version and damaged ones', async () => {
    const { read, failures } = application();
    const other = Buffer.from(payloadOf(jobs(2)), 'base64');
    other[3] = 99;
    const damaged = Buffer.from(payloadOf(jobs(4)), 'base64').subarray(0, -1);
    member(() => other.toString('base64'), 'other');
    member(() => damaged.toString('base64'), 'damaged');
    member(() => 'no base64 at all!', 'garbage');
    member(() => payloadOf(jobs(8)), 'good');
    expect((await read())[JOBS]).toBe(9);
    expect(failures.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it('leaves out, and counts, a process that speaks another version, and asks it nothing', async () => {
    const { read, failures } = application();
    const link = new FakeLink();
    use.node.accept(link);
    link.raw({ 'nestjs-hyper-metrics': 1, type: 'join', group: GROUP });
    link.raw({ 'nestjs-hyper-metrics': { protocol: 99, message: { type: 'join', group: GROUP } } });
    expect((await read())[JOBS]).toBe(1);
    expect(failures).toEqual([1]);
    expect(link.sent).toEqual([]);
  });

  it('waits for one that is stuck once, and goes on with what it said last', async () => {
    const { read, failures } = application();
    let stuck = false;
    const link = member(() => (stuck ? undefined : payloadOf(jobs(10), scalar('depth', 'gauge', { a: 5 }))));
    expect(await read()).toMatchObject({ [JOBS]: 11, [DEPTH]: 5 });
    stuck = true;
    const startedAtMs = performance.now();
    expect((await read())[JOBS]).toBe(11);
    expect(performance.now() - startedAtMs).toBeGreaterThan(TIMEOUT_MS * 0.8);
    const asked = link.sent.length;
    for (let scrape = 0; scrape < 5; scrape += 1) {
      expect((await read())[JOBS]).toBe(11);
    }
    expect(link.sent).toHaveLength(asked);
    expect(failures).toEqual([1, 1, 1, 1, 1, 1]);
    // Its late answer counts, and it is asked again.
    const late = link.sent.at(-1) as Question;
    stuck = false;
    link.say(collected(late.id, payloadOf(jobs(20))));
    expect((await read())[JOBS]).toBe(11);
    expect(failures).toHaveLength(6);
  });

  it('asks one process no more than a few questions at once', async () => {
    const { gatherer } = application();
    const link = member(() => undefined);
    await Promise.all(Array.from({ length: 20 }, () => gatherer.gather()));
    expect(link.sent.filter(({ type }) => type === 'collect')).toHaveLength(4);
  });

  it('takes no older answer for a newer one', async () => {
    const { gatherer, read } = application();
    const link = member(() => undefined);
    const reading = Promise.all([gatherer.gather(), gatherer.gather()]);
    const [first, second] = link.sent.filter((message): message is Question => message.type === 'collect');
    link.say(collected(second?.id as number, payloadOf(jobs(5)), 'm', 1e9 + 1));
    link.say(collected(first?.id as number, payloadOf(jobs(4)), 'm', 1e9));
    expect((await reading).map((families) => samples(families)[JOBS])).toEqual([6, 6]);
    link.end();
    expect((await read())[JOBS]).toBe(6);
  });

  it('keeps the counts of one that ended, adds those of its successor, and lets go of the gauges', async () => {
    const { read, failures } = application(() => [jobs(1), scalar('depth', 'gauge', { a: 1 })]);
    const link = member(() => payloadOf(jobs(10), scalar('depth', 'gauge', { a: 5 })), 'first');
    await read();
    link.end();
    member(() => payloadOf(jobs(3), scalar('depth', 'gauge', { a: 2 })), 'second');
    expect(await read()).toEqual({ [JOBS]: 14, [DEPTH]: 3 });
    expect(failures).toEqual([]);
  });

  it('has the last numbers of one that leaves, and is not disturbed by answers that come after them', async () => {
    const { read, failures } = application();
    const link = member(() => payloadOf(jobs(10)));
    await read();
    const { bundle } = collected(0, payloadOf(jobs(12))) as Answer;
    link.say({ type: 'leave', group: GROUP, sequence: (sequence += 1), bundle });
    link.say(collected(99, payloadOf(jobs(11))));
    expect((await read())[JOBS]).toBe(13);
    link.end();
    expect((await read())[JOBS]).toBe(13);
    expect(failures).toEqual([]);
  });

  it('does not count metrics twice that stay when their application is closed and made anew', async () => {
    const metrics = {};
    const first = application(() => [jobs(5)], metrics);
    member(() => payloadOf(jobs(1)));
    expect((await first.read())[JOBS]).toBe(6);
    await first.gatherer.leave();
    const second = application(() => [jobs(7)], metrics);
    expect((await second.read())[JOBS]).toBe(8);
    await second.gatherer.leave();
    const other = application(() => [jobs(100)]);
    expect((await other.read())[JOBS]).toBe(108);
  });

  it('refuses two applications of one process that would be one', async () => {
    application();
    expect(() => application()).toThrow(
      'Two applications of one process have the option `cluster` and the prefix "app_"',
    );
  });

  it('ignores whatever else comes', async () => {
    const { read } = application();
    const link = member(() => payloadOf(jobs(2)));
    await read();
    const say = (message: unknown) =>
      link.raw({ 'nestjs-hyper-metrics': { protocol: PROTOCOL_VERSION, message } });
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (value, other) => {
        link.raw(value);
        link.raw({ 'nestjs-hyper-metrics': value });
        say(value);
        for (const type of ['join', 'leave', 'collected', 'gather', 'hello', 'welcome']) {
          say({ type, group: value, id: other, withinMs: 1 });
          const bundles = [
            undefined,
            value,
            { members: [value], failures: 0 },
            { members: [], failures: 'none' },
          ];
          for (const bundle of bundles) {
            say({ type, group: GROUP, id: 1, sequence: 1e9, bundle });
          }
        }
      }),
    );
    await delay(5);
    expect((await read())[JOBS]).toBe(3);
  });

  it('gives no numbers, and counts that, while a hub that was there does not answer', async () => {
    const { read, failures, reasons } = application();
    let isStuck = false;
    const up = new FakeLink((message, self) => {
      if (message.type === 'hello') {
        self.say({ type: 'welcome', hub: 'h' });
      } else if (message.type === 'gather' && !isStuck) {
        const bundle = { members: [snapshot(payloadOf(jobs(5)))], failures: 0 };
        self.say({ type: 'gathered', id: message.id, bundle });
      }
    });
    const { node } = use;
    node.uplink = new Uplink(async () => up, node);
    try {
      node.uplink.wake();
      expect((await read())[JOBS]).toBe(5);
      isStuck = true;
      const refusal =
        'The metrics of all processes are not available: the primary, main thread or hub does not';
      await expect(read()).rejects.toThrow(MetricsUnavailableError);
      await expect(read()).rejects.toThrow(refusal);
      expect(failures).toEqual([1, 1]);
      expect(reasons[0]).toBe('unavailable: the primary, main thread or hub does not answer in time');
    } finally {
      node.uplink.rest();
      node.uplink = undefined;
    }
  });

  it('loses nothing of those that have ended to a snapshot that cannot be', async () => {
    const { read, failures, reasons } = application();
    const two = { ...jobs(1), descriptor: { ...jobs(1).descriptor, labelNames: [] }, labelRows: [[], []] };
    const impossible = payloadOf({ ...two, values: Float64Array.of(1, 1) });
    let isImpossible = false;
    const good = member(() => payloadOf(jobs(10)), 'good');
    const bad = member(() => (isImpossible ? impossible : payloadOf(jobs(20))), 'bad');
    expect((await read())[JOBS]).toBe(31);
    good.end();
    isImpossible = true;
    expect((await read())[JOBS]).toBe(11);
    expect(reasons).toEqual([
      'unreadable: worker 7: A snapshot of metrics is damaged: several series without labels.',
    ]);
    bad.end();
    expect((await read())[JOBS]).toBe(11);
    expect(failures).toEqual([1, 1]);
  });

  it('lets go of a counter that was removed, while the counts of those that have ended stay', async () => {
    let families = [jobs(1)];
    const { read } = application(
      () => families,
      {},
      false,
      () => families.length > 0,
    );
    const link = member(() => payloadOf(jobs(10)));
    expect((await read())[JOBS]).toBe(11);
    link.end();
    expect((await read())[JOBS]).toBe(11);
    families = [];
    expect((await read())[JOBS]).toBe(10);
  });

  it('leaves no listener behind', async () => {
    use.release();
    const counts = () =>
      ['message', 'disconnect', 'workerMessage'].map((event) => process.listenerCount(event));
    const before = counts();
    const { gatherer } = application();
    expect(counts()).not.toEqual(before);
    await gatherer.leave();
    expect(counts()).toEqual(before);
  });
});
