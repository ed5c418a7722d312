import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { ClusterNode } from '../../../src/cluster/cluster-node.js';
import { listenAtSocket } from '../../../src/cluster/links/socket-links.js';
import { LocalSource } from '../../../src/cluster/local-source.js';
import { type Message, readMessage, toEnvelope } from '../../../src/cluster/messages.js';
import { Uplink } from '../../../src/cluster/uplink.js';
import { encodeSnapshots, SnapshotDecoder } from '../../../src/cluster/wire/snapshot-codec.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { registryOf } from '../../../src/registry/default-registry.js';
import { FakeLink } from './fake-link.js';
import { local, scalar } from './snapshots.js';

const bundle = (failures: number) => ({ members: [], failures });

it.each<[string, object]>([
  ['a type that is no text', { type: { toString: 1, valueOf: 1 } }],
  ['failures without end', { type: 'gathered', id: 1, bundle: bundle(1e300) }],
  ['a part of a failure', { type: 'gathered', id: 1, bundle: bundle(0.5) }],
  ['a time that no timer takes', { type: 'gather', id: 1, group: 'app_', withinMs: 1e300 }],
  ['a time before now', { type: 'gather', id: 1, group: 'app_', withinMs: -1 }],
])('a message with %s is none', (_what, message) => {
  expect(readMessage(toEnvelope(message as Message))).toBeUndefined();
});

it('a family that is combined by a rule of another version is not read', () => {
  const family = scalar('jobs', 'gauge', { a: 1 });
  const newer = { ...family, descriptor: { ...family.descriptor, aggregation: 'median' as 'max' } };
  expect(() => new SnapshotDecoder().decode(encodeSnapshots([newer]))).toThrow('damaged');
});

it('a hub removes no file that is no socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'));
  const path = join(folder, 'precious.json');
  try {
    writeFileSync(path, '{}');
    await expect(listenAtSocket(path, () => {})).rejects.toThrow('EADDRINUSE');
    expect(readFileSync(path, 'utf8')).toBe('{}');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a counter that could not be read stays what it was, and a gauge goes', async () => {
  const all = [scalar('jobs_total', 'counter', { a: 5 }), scalar('queue', 'gauge', { a: 3 })];
  const gathered = [all, []];
  const readable = { gather: async () => gathered.shift() ?? [], has: () => true };
  const source = new LocalSource(readable, { worker: '1', pid: 1, thread: 0 }, {});
  const namesOf = async () => {
    const payload = (await source.snapshot(100))?.payload ?? '';
    return new SnapshotDecoder()
      .decode(Buffer.from(payload, 'base64'))
      .map((family) => family.descriptor.name);
  };
  expect(await namesOf()).toEqual(['jobs_total', 'queue']);
  expect(await namesOf()).toEqual(['jobs_total']);
  expect(await namesOf()).toEqual(['jobs_total']);
});

it('a counter that was removed is gone, from whichever client it was', async () => {
  const host = new Registry();
  const registry = new RegistryLease(registryOf(host, 'app_'));
  const foreign = new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [host] });
  let isReadable = true;
  const late = new Counter({
    name: 'late_total',
    help: 'Late.',
    registers: [host],
    collect: () => {
      if (!isReadable) {
        throw new Error('not now');
      }
    },
  });
  foreign.inc(5);
  late.inc(7);
  const source = new LocalSource(registry, { worker: '1', pid: 1, thread: 0 }, {});
  const read = async () => {
    const payload = (await source.snapshot(100))?.payload ?? '';
    const families = new SnapshotDecoder().decode(Buffer.from(payload, 'base64'));
    const own = families.filter(({ descriptor }) => !descriptor.name.startsWith('app_'));
    return Object.fromEntries(own.map(({ descriptor, values }) => [descriptor.name, values[0]]));
  };
  expect(await read()).toEqual({ jobs_total: 5, late_total: 7 });
  isReadable = false;
  host.removeSingleMetric('jobs_total');
  expect(await read()).toEqual({ late_total: 7 });
  expect(await read()).toEqual({ late_total: 7 });
  host.removeSingleMetric('late_total');
  expect(await read()).toEqual({});
});

it.each<Message>([
  { type: 'hello' },
  { type: 'join', group: 'app_' },
  { type: 'gather', id: 1, group: 'app_', withinMs: 5 },
])('a host that switches on its messages’ type, cmd, topic or event sees nothing in $type', (message) => {
  const envelope: object = toEnvelope(message);
  expect(Object.keys(envelope)).toEqual(['nestjs-hyper-metrics']);
  expect(readMessage(structuredClone(envelope))).toEqual(message);
  expect(readMessage({ 'nestjs-hyper-metrics': 1, ...message })).toBe('other version');
});

it('threads are known above when their main thread has no metrics of its own, and so are their last numbers', async () => {
  const connect = (below: ClusterNode, above: ClusterNode) => {
    const down: FakeLink = new FakeLink((message) => queueMicrotask(() => up.say(message)));
    const up: FakeLink = new FakeLink((message) => queueMicrotask(() => down.say(message)));
    above.accept(down);
    below.uplink = new Uplink(async () => up, below);
    below.uplink.wake();
  };
  const [primary, main, thread] = ['primary', '1', 'thread-1'].map(
    (worker) => new ClusterNode({ worker, pid: 1, thread: 0 }),
  ) as [ClusterNode, ClusterNode, ClusterNode];
  connect(main, primary);
  connect(thread, main);
  let jobs = 10;
  thread.join(
    'app_',
    local('jobs_total', () => jobs),
    {},
  );

  const sum = async () => {
    const gathered = await primary.gather('app_', 200);
    return gathered?.members
      .flatMap(({ payload }) => new SnapshotDecoder().decode(Buffer.from(payload, 'base64')))
      .reduce((total, { values }) => total + (values[0] as number), 0);
  };
  await expect.poll(sum).toBe(10);
  jobs = 25;
  await thread.leave('app_', 200);
  await expect.poll(sum).toBe(25);
});
