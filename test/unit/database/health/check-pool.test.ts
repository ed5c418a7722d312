import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkPool } from '../../../../src/database/health/check-pool.js';
import type { Probe, WatchedPool } from '../../../../src/database/source/query-source.interface.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A pool whose server answers when the test says so. */
function poolAnswering(): {
  pool: WatchedPool;
  answer: () => void;
  fail: (error: unknown) => void;
  abandon: Probe['abandon'];
} {
  let answer = (): void => {};
  let fail: (error: unknown) => void = () => {};
  const answered = new Promise<void>((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });
  const abandon = vi.fn();
  const pool = { probe: () => ({ answered, abandon }) } as unknown as WatchedPool;
  return { pool, answer, fail, abandon };
}

/** A signal that knows who still listens to it. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  signal.addEventListener = new Proxy(signal.addEventListener.bind(signal), {
    apply: (add, _self, args: Parameters<typeof signal.addEventListener>) => {
      listeners.add(args[1]);
      add(...args);
    },
  });
  signal.removeEventListener = new Proxy(signal.removeEventListener.bind(signal), {
    apply: (remove, _self, args: Parameters<typeof signal.removeEventListener>) => {
      listeners.delete(args[1]);
      remove(...args);
    },
  });
  return { signal, abort: () => controller.abort(), listeners };
}

describe('the check of a pool', () => {
  it('succeeds when the server answers, and has no timer left', async () => {
    const { pool, answer, abandon } = poolAnswering();
    const { signal, listeners } = watchedSignal();
    const check = checkPool(pool, 50, signal);
    expect(vi.getTimerCount()).toBe(1);
    answer();
    expect(await check).toMatchObject({ failure: undefined });
    expect({ timers: vi.getTimerCount(), listeners: listeners.size }).toEqual({ timers: 0, listeners: 0 });
    expect(abandon).not.toHaveBeenCalled();
  });

  it('gives up at its time limit, once, whatever the server does later', async () => {
    const { pool, fail, abandon } = poolAnswering();
    const { signal, listeners } = watchedSignal();
    const check = checkPool(pool, 50, signal);
    vi.advanceTimersByTime(49);
    expect(abandon).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(await check).toMatchObject({ failure: 'timeout' });
    fail(new Error('too late'));
    await Promise.resolve();
    expect(abandon).toHaveBeenCalledTimes(1);
    expect({ timers: vi.getTimerCount(), listeners: listeners.size }).toEqual({ timers: 0, listeners: 0 });
  });

  it('gives up when it is told to, and has no timer left', async () => {
    const { pool, abandon } = poolAnswering();
    const { signal, abort, listeners } = watchedSignal();
    const check = checkPool(pool, 50, signal);
    abort();
    await check;
    expect(abandon).toHaveBeenCalledTimes(1);
    expect({ timers: vi.getTimerCount(), listeners: listeners.size }).toEqual({ timers: 0, listeners: 0 });
  });

  it.each([
    [
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    [Object.assign(new Error('password of shop is wrong'), { code: '28P01' }), '28P01'],
    [Object.assign(new Error('x'), { code: 'shop@db.internal' }), 'error'],
    [Object.assign(new Error('x'), { code: 'hunter2' }), 'error'],
    [new Error('timeout expired'), 'timeout'],
    [new Error('no pg_hba.conf entry for host "10.0.0.1", user "shop"'), 'error'],
    ['text', 'error'],
    [undefined, 'error'],
    [null, 'error'],
  ])('tells of %s by a word only', async (error, word) => {
    const { pool, fail } = poolAnswering();
    const check = checkPool(pool, 50, watchedSignal().signal);
    fail(error);
    expect((await check).failure).toBe(word);
  });

  it('fails when no probe can be made', async () => {
    const pool = {
      probe: () => {
        throw new TypeError('options is not an object');
      },
    } as unknown as WatchedPool;
    expect((await checkPool(pool, 50, watchedSignal().signal)).failure).toBe('error');
    expect(vi.getTimerCount()).toBe(0);
  });
});
