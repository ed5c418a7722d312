import { setImmediate as nextTurn } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TimeSlices } from '../../../src/core/time-slices.js';
import { gatherHost } from '../../../src/registry/gather.js';
import { broken, collector, OPENED, setUp, SIZE } from './collector-setup.js';

const HANGING = collector('hanging', [SIZE, OPENED], () => new Promise(() => {}));

describe('the timeout of collectors', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['five seconds by default', [], 5000],
    ["the application's", [50], 50],
    ['the longest of several applications, whatever their order', [50, 7000, 60], 7000],
  ])('is %s', async (_, asked, expected) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { registry, errorsOf } = setUp();
    for (const collectorTimeoutMs of asked) {
      registry.configure({ collectorTimeoutMs }, {});
    }
    registry.addCollector(HANGING);
    const gathered = registry.gather();
    await vi.advanceTimersByTimeAsync(expected - 1);
    expect(errorsOf('hanging')).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await gathered;
    expect(errorsOf('hanging')).toBe(1);
  });

  it('is the default again when the application has gone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { registry, errorsOf } = setUp();
    const owner = {};
    registry.configure({ collectorTimeoutMs: 50 }, owner);
    registry.release(owner);
    registry.addCollector(HANGING);
    const gathered = registry.gather();
    await vi.advanceTimersByTimeAsync(4999);
    expect(errorsOf('hanging')).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await gathered;
    expect(errorsOf('hanging')).toBe(1);
  });
});

describe('a gathering', () => {
  it('lets the event loop turn between foreign metrics that take long to read', async () => {
    const host = new Registry();
    const turns: number[] = [];
    let turn = 0;
    for (const name of ['a', 'b', 'c']) {
      new Gauge({
        name,
        help: 'Busy.',
        registers: [host],
        collect() {
          const endsAt = performance.now() + 10;
          while (performance.now() < endsAt);
          this.set(1);
          turns.push(turn);
        },
      });
    }
    const state = { gathered: false };
    const gathering = gatherHost(host, broken).finally(() => {
      state.gathered = true;
    });
    while (!state.gathered) {
      await nextTurn();
      turn += 1;
    }
    expect((await gathering).map(({ descriptor }) => descriptor.name)).toEqual(['a', 'b', 'c']);
    expect(turns).toHaveLength(3);
    expect(turns[0]).toBeLessThan(turns[2] as number);
  });
});

describe('time slices', () => {
  it('are shared: of several that wait, each begins in a turn of its own when all take long', async () => {
    const slices = new TimeSlices();
    const busy = () => {
      while (!slices.isOver);
    };
    busy();
    let turn = 0;
    const turns: number[] = [];
    const work = Promise.all(
      Array.from({ length: 4 }, async () => {
        await slices.next();
        turns.push(turn);
        busy();
      }),
    );
    while (turns.length < 4) {
      await nextTurn();
      turn += 1;
    }
    await work;
    expect(new Set(turns).size).toBe(4);
  });

  it('go on at once while there is time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const slices = new TimeSlices();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await slices.next();
    expect([slices.isOver, turned]).toEqual([false, false]);
    vi.advanceTimersByTime(4);
    expect(slices.isOver).toBe(true);
    vi.useRealTimers();
  });
});
