import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gatherer } from '../../../src/core/gatherer.js';
import { LiveSampler, type SampleListener } from '../../../src/live/live-sampler.js';
import type { LiveState } from '../../../src/live/live-messages.js';
import { LiveMetrics, PREFIX } from './live-metrics.js';

const NO_DETAILS = { performance: () => undefined, pools: () => undefined };

class Listener implements SampleListener {
  readonly states: LiveState[] = [];
  readonly waits: number[] = [];

  sampled(state: LiveState): void {
    this.states.push(state);
  }

  waiting(sinceMs: number): void {
    this.waits.push(sinceMs);
  }
}

describe('the sampler', () => {
  const metrics = new LiveMetrics();
  const faults: unknown[] = [];
  let gathers = 0;
  let stuck: Promise<void> | undefined;
  /** Keeps back families that have been read. */
  let late: Promise<void> | undefined;
  let failure: Error | undefined;
  const gatherer: Gatherer = {
    gather: async () => {
      gathers += 1;
      await stuck;
      if (failure !== undefined) {
        throw failure;
      }
      const families = await metrics.lease.gather();
      await late;
      return families;
    },
  };
  let sampler: LiveSampler;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    vi.setSystemTime(new Date('2026-11-29T12:00:00.000Z'));
    gathers = 0;
    stuck = undefined;
    late = undefined;
    failure = undefined;
    faults.length = 0;
    sampler = new LiveSampler({
      gatherer,
      prefix: PREFIX,
      historyMinutes: 1,
      details: NO_DETAILS,
      processes: () => 3,
      onFault: (error) => faults.push(error),
    });
  });

  afterEach(() => {
    sampler.stop();
    vi.useRealTimers();
  });

  it('gathers every 5 seconds, at whole ones of the clock, while nobody looks', async () => {
    vi.setSystemTime(new Date('2026-11-29T12:00:01.300Z'));
    sampler.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(gathers).toBe(1);
    await vi.advanceTimersByTimeAsync(3699);
    expect(gathers).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(gathers).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(gathers).toBe(6);
  });

  it('gathers once when its timer fires a little before the whole second', async () => {
    vi.setSystemTime(new Date('2026-11-29T12:00:04.999Z'));
    sampler.start();
    sampler.follow(new Listener());
    await vi.advanceTimersByTimeAsync(1000);
    expect(gathers).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(gathers).toBe(2);
  });

  it('gathers every second while somebody looks, at once for the first, and remembers every 5 seconds', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(2500);
    const listener = new Listener();
    sampler.follow(listener);
    await vi.advanceTimersByTimeAsync(0);
    expect([gathers, listener.states.length]).toEqual([2, 1]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(listener.states.length).toBe(11);
    expect(sampler.history.sequence).toBe(3);

    sampler.follow(undefined);
    const before = gathers;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(listener.states.length).toBe(11);
    expect(gathers - before).toBeLessThanOrEqual(5);
    expect(sampler.history.sequence).toBe(7);
  });

  it('gathers once a second for a viewer that comes and goes all the time', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(2500);
    const before = gathers;
    for (let visit = 0; visit < 36; visit += 1) {
      sampler.follow(new Listener());
      await vi.advanceTimersByTimeAsync(25);
      sampler.follow(undefined);
    }
    expect(gathers - before).toBe(1);
  });

  it('keeps no more history than it is to', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sampler.history.since(0).atMs.length).toBe(12);
  });

  it('tells numbers of the last 5 seconds, whatever the interval', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(0);
    const listener = new Listener();
    sampler.follow(listener);
    for (let second = 0; second < 10; second += 1) {
      metrics.request('/a', { times: second % 2 === 0 ? 0 : 10 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    const { tiles } = sampler.layout ?? { tiles: [] };
    const column = tiles.find(({ title }) => title === 'Requests')?.column ?? -1;
    const rates = listener.states.slice(-4).map(({ values }) => values[column]);
    expect(rates).toEqual([4, 6, 4, 6]);
    expect(listener.states.at(-1)?.service).toMatchObject({ processes: 3, processId: process.pid });
    expect(listener.states.at(-1)?.totals.requests).toBe(50);
  });

  it('waits for a gather that takes long, says so, and begins no second one', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(2500);
    const listener = new Listener();
    let go = (): void => {};
    stuck = new Promise((resolve) => {
      go = resolve;
    });
    sampler.follow(listener);
    await vi.advanceTimersByTimeAsync(0);
    const sinceMs = performance.now();
    await vi.advanceTimersByTimeAsync(4000);
    expect(gathers).toBe(2);
    expect(listener.states).toEqual([]);
    expect(listener.waits).toEqual([sinceMs, sinceMs, sinceMs, sinceMs]);
    stuck = undefined;
    go();
    await vi.advanceTimersByTimeAsync(1000);
    expect(listener.states.length).toBe(2);
  });

  it('tells the rates of the time at which values were read, however long one of them is waited for', async () => {
    sampler.start();
    await vi.advanceTimersByTimeAsync(0);
    const listener = new Listener();
    sampler.follow(listener);
    const rate = (): unknown => {
      const column = sampler.layout?.tiles.find(({ title }) => title === 'Requests')?.column ?? -1;
      return listener.states.at(-1)?.values[column];
    };
    let go = (): void => {};
    for (let second = 1; second <= 10; second += 1) {
      metrics.request('/a', { times: 10 });
      if (second === 6) {
        late = new Promise((resolve) => {
          go = resolve;
        });
      }
      await vi.advanceTimersByTimeAsync(1000);
    }
    const before = listener.states.length;
    go();
    late = undefined;
    await vi.advanceTimersByTimeAsync(0);
    expect(listener.states.length).toBe(before + 1);
    expect(rate()).toBe(10);
    metrics.request('/a', { times: 10 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(rate()).toBe(10);
  });

  it('keeps drawing what cannot be read any more, with a gap', async () => {
    metrics.gauge('nodejs_eventloop_lag_seconds', 0.01).gauge('process_resident_memory_bytes', 1000);
    sampler.start();
    const listener = new Listener();
    sampler.follow(listener);
    await vi.advanceTimersByTimeAsync(1000);
    const before = sampler.layout;
    expect(before?.charts.map(({ title }) => title)).toContain('Event loop');
    metrics.host.removeSingleMetric('nodejs_eventloop_lag_seconds');
    metrics.host.removeSingleMetric('process_resident_memory_bytes');
    await vi.advanceTimersByTimeAsync(1000);
    expect(sampler.layout).toBe(before);
    const memory = before?.tiles.find(({ title }) => title === 'Memory')?.column ?? -1;
    expect(listener.states.slice(-2).map(({ values }) => values[memory])).toEqual([1000, null]);
  });

  it('shows a gap while there is no answer, and since when', async () => {
    sampler.start();
    const listener = new Listener();
    sampler.follow(listener);
    await vi.advanceTimersByTimeAsync(1000);
    failure = new Error('The primary does not answer');
    await vi.advanceTimersByTimeAsync(2000);
    const [, last] = listener.states.slice(-2);
    expect(last?.values.every((value) => value === null)).toBe(true);
    expect(last?.missing.rows).toEqual([{ name: 'metrics', sinceMs: performance.now() - 1000 }]);
    expect(faults).toEqual([failure, failure]);
    failure = undefined;
    await vi.advanceTimersByTimeAsync(1000);
    expect(listener.states.at(-1)?.missing.rows).toEqual([]);
  });

  it('goes on when the clock is set, with times in order', async () => {
    sampler.start();
    const listener = new Listener();
    sampler.follow(listener);
    await vi.advanceTimersByTimeAsync(5000);
    const before = listener.states.at(-1);
    vi.setSystemTime(new Date('2026-11-29T09:00:00.000Z'));
    await vi.advanceTimersByTimeAsync(5000);
    const after = listener.states.at(-1);
    expect(listener.states.length).toBeGreaterThanOrEqual(10);
    const times = listener.states.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect((after?.atMs ?? 0) - (before?.atMs ?? 0)).toBe(5000);
    expect((after?.atMs ?? 0) + (after?.clockOffsetMs ?? 0)).toBe(Date.parse('2026-11-29T09:00:05.000Z'));
  });

  it('does nothing any more when it is stopped', async () => {
    sampler.start();
    sampler.follow(new Listener());
    await vi.advanceTimersByTimeAsync(1000);
    sampler.stop();
    const before = gathers;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gathers).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});
