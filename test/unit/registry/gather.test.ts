import { setImmediate as nextTurn } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Counter } from '../../../src/core/metric/counter.js';
import { EventLoopSlices } from '../../../src/core/tool/event-loop-slices.js';
import { gatherHost } from '../../../src/registry/gather.js';
import { deferred } from '../../support/deferred.js';
import { seriesKey } from '../../support/parse-exposition.js';
import { broken, collector, OPENED, reading, setUp, SIZE } from './collector-setup.js';

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
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
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
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
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
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Promises of libraries and of other realms are no instances of this one's `Promise`. */
  // oxlint-disable-next-line unicorn/no-thenable
  const pending = () => ({ then() {} });

  it('goes on without a metric or collector whose thenable never settles, every time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { host, registry, scrape, errorsOf } = setUp();
    registry.configure({ collectorTimeoutMs: 500 }, {});
    host.registerMetric({ name: 'foreign', help: 'F.', type: 'gauge', get: pending } as never);
    registry.addCollector(collector('hanging', [OPENED], pending as never));
    registry.addCollector(collector('good', [SIZE], () => [reading(SIZE, { main: 3 })]));
    for (const failures of [1, 2]) {
      const scraped = scrape();
      await vi.advanceTimersByTimeAsync(500);
      expect((await scraped)[seriesKey('app_size', { pool: 'main' })]).toBe(3);
      expect([errorsOf('foreign'), errorsOf('hanging')]).toEqual([failures, failures]);
    }
  });

  it('reads metrics and collectors that answer by a thenable', async () => {
    const { host, registry, scrape } = setUp();
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = <T>(value: T) => ({ then: (resolve: (value: T) => void) => resolve(value) });
    const foreign = { name: 'foreign', help: 'F.', type: 'gauge', values: [{ value: 4, labels: {} }] };
    host.registerMetric({ ...foreign, get: () => thenable(thenable(foreign)) } as never);
    registry.addCollector(collector('pool', [SIZE], (() => thenable([reading(SIZE, { main: 3 })])) as never));
    expect(await scrape()).toEqual({
      [seriesKey('foreign')]: 4,
      [seriesKey('app_size', { pool: 'main' })]: 3,
    });
  });

  it('takes no longer than the timeout, however many metrics keep it waiting', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { host, registry, errorsOf } = setUp();
    registry.configure({ collectorTimeoutMs: 100 }, {});
    const asked: string[] = [];
    for (const name of ['a', 'b']) {
      const get = () => {
        asked.push(name);
        vi.advanceTimersByTime(30);
        return new Promise(() => {});
      };
      host.registerMetric({ name, help: 'Hangs.', type: 'gauge', get } as never);
    }
    const gathering = registry.gather();
    while (asked.length < 2) {
      await nextTurn();
    }
    await vi.advanceTimersByTimeAsync(39);
    expect([errorsOf('a'), errorsOf('b')]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect([errorsOf('a'), errorsOf('b')]).toEqual([1, 1]);
    expect(await gathering).toEqual([]);
  });

  it('has our families as they are when it is asked for, whatever else is under way', async () => {
    const { host, registry, scrape } = setUp();
    const gate = deferred();
    new Gauge({ name: 'slow', help: 'Slow.', registers: [host], collect: () => gate.promise });
    const counter = registry.family('jobs_total', { ...OPENED, name: 'jobs_total' }) as Counter;
    const jobs = seriesKey('jobs_total', { pool: 'main' });
    counter.inc(['main']);
    const first = scrape();
    counter.inc(['main']);
    const second = scrape();
    counter.inc(['main']);
    gate.resolve();
    expect([(await first)[jobs], (await second)[jobs]]).toEqual([1, 2]);
  });

  it('shares no reading of foreign metrics and collectors with one that began before', async () => {
    // Otherwise, on a busy machine, the slice ends before the foreign metric is read, and a later one has its new value.
    vi.useFakeTimers({ toFake: ['performance'] });
    const { host, registry, scrape } = setUp();
    const gate = deferred();
    const foreign = new Gauge({ name: 'foreign', help: 'F.', registers: [host] });
    new Gauge({ name: 'slow', help: 'Slow.', registers: [host], collect: () => gate.promise });
    let size = 1;
    registry.addCollector(
      collector('pool', [SIZE], async () => {
        const now = size;
        await gate.promise;
        return [reading(SIZE, { main: now })];
      }),
    );
    const before = scrape();
    foreign.set(2);
    size = 2;
    const after = scrape();
    gate.resolve();
    expect(await before).toMatchObject({
      [seriesKey('foreign')]: 0,
      [seriesKey('app_size', { pool: 'main' })]: 1,
    });
    expect(await after).toMatchObject({
      [seriesKey('foreign')]: 2,
      [seriesKey('app_size', { pool: 'main' })]: 2,
    });
  });

  it('does not take the sum of a counter back when an earlier one ends later', async () => {
    const { registry, scrape } = setUp();
    const answers = [deferred<number>(), deferred<number>()];
    let asked = 0;
    registry.addCollector(
      collector('pool', [OPENED], async () => {
        const answer = answers[asked];
        asked += 1;
        return answer === undefined ? broken() : [reading(OPENED, { main: await answer.promise })];
      }),
    );
    const [earlier, later] = [scrape(), scrape()];
    answers[1]?.resolve(7);
    await later;
    answers[0]?.resolve(5);
    await earlier;
    expect(await scrape()).toMatchObject({ [seriesKey('app_opened_total', { pool: 'main' })]: 7 });
  });

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
    const slices = new EventLoopSlices();
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
    const slices = new EventLoopSlices();
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
