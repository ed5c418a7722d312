/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { EventEmitter } from 'node:events';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  secondsByOutcome,
} from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

describe('a promise', () => {
  it('resolves with the very value', async () => {
    const value = {};
    expect(await createWork(async () => value).work()).toBe(value);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it.each([undefined, null, 'text', 0, new TypeError('on purpose'), Object.freeze({})])(
    'rejects with the very reason: case %#',
    async (reason) => {
      let caught: unknown = 'nothing';
      await createWork(() => Promise.reject(reason))
        .work()
        .catch((error: unknown) => {
          caught = error;
        });
      expect(caught).toBe(reason);
      expect(await callsByOutcome()).toEqual({ 'work error': 1 });
      expect(await callsInFlight()).toEqual({ work: 0 });
    },
  );

  it('is in flight until it settles', async () => {
    let settle = (): void => {};
    const result = createWork(
      () =>
        new Promise<void>((resolve) => {
          settle = resolve;
        }),
    ).work();
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await callsByOutcome()).toEqual({});
    settle();
    await result;
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('of a subclass stays one, with its own properties', async () => {
    class Cancellable<T> extends Promise<T> {
      readonly cancelled: string[] = [];
      cancel(): void {
        this.cancelled.push('cancelled');
      }
    }
    const original = new Cancellable<number>((resolve) => resolve(1));
    const result = createWork(() => original).work();
    result.cancel();
    expect(result).toBeInstanceOf(Cancellable);
    expect(original.cancelled).toEqual(['cancelled']);
    expect(await result).toBe(1);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('keeps what was put on it, as `child_process` does', async () => {
    const child = new EventEmitter();
    const result = createWork(() => Object.assign(Promise.resolve('out'), { child })).work();
    expect(result.child).toBe(child);
    expect(await result).toBe('out');
  });

  it('of a subclass with a `then()` of its own goes through that', async () => {
    const seen: string[] = [];
    class Tracked<T> extends Promise<T> {
      override then<A, B>(...handlers: Parameters<Promise<T>['then']>): Promise<A | B> {
        seen.push('then');
        return super.then(...handlers) as Promise<A | B>;
      }
    }
    const original = new Tracked<number>((resolve) => resolve(1));
    const result = createWork(() => original).work();
    expect(result).toBe(original);
    expect(await result).toBe(1);
    expect(seen).toContain('then');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('whose class cannot be derived is returned itself', async () => {
    class Strange extends Promise<number> {
      private constructor(executor: (resolve: (value: number) => void) => void, key?: string) {
        super(executor);
        if (key !== 'allowed') {
          throw new Error('use make()');
        }
      }
      static make(): Strange {
        return new Strange((resolve) => resolve(1), 'allowed');
      }
    }
    const original = Strange.make();
    expect(createWork(() => original).work()).toBe(original);
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it.each([
    ['frozen', Object.freeze(Promise.resolve(1))],
    ['of another realm', runInNewContext('Promise.resolve(1)') as Promise<number>],
  ])('that is %s resolves and is counted', async (_, promise) => {
    expect(await createWork(() => promise).work()).toBe(1);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('that is returned again is counted for each call', async () => {
    const cached = Promise.resolve(1);
    const work = createWork(() => cached);
    expect(await Promise.all([work.work(), work.work(), work.work()])).toEqual([1, 1, 1]);
    expect(await callsByOutcome()).toEqual({ 'work success': 3 });
  });
});

describe('a rejection', () => {
  it('that nobody handles is reported once, with the very reason', async () => {
    const reason = new Error('lost');
    const errors = await hostErrorsDuring(() => void createWork(() => Promise.reject(reason)).work());
    expect(errors).toEqual({ unhandledRejections: [reason], uncaughtExceptions: [] });
    expect(errors.unhandledRejections[0]).toBe(reason);
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });

  it('that is handled is never reported', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('expected'));
    const errors = await hostErrorsDuring(async () => {
      await createWork(fail)
        .work()
        .catch(() => {});
      await expect(createWork(async () => fail()).work()).rejects.toThrow('expected');
      await Promise.allSettled([createWork(fail).work(), createWork(fail).work()]);
      await createWork(fail)
        .work()
        .then(
          () => 'done',
          () => 'failed',
        );
    });
    expect(errors).toEqual(NO_HOST_ERRORS);
  });

  it('of a thenable that nobody asks is not made up', async () => {
    const lazy = { then: () => Promise.reject(new Error('never asked')) };
    expect(await hostErrorsDuring(() => void createWork(() => lazy).work())).toEqual(NO_HOST_ERRORS);
  });

  it('of an async generator’s step is reported once when it is lost', async () => {
    const reason = new Error('lost step');
    const generate = async function* (): AsyncGenerator<number> {
      yield await Promise.reject(reason);
    };
    const lost = await hostErrorsDuring(() => void createWork(generate).work().next());
    expect(lost).toEqual({ unhandledRejections: [reason], uncaughtExceptions: [] });
    const handled = await hostErrorsDuring(() =>
      createWork(generate)
        .work()
        .next()
        .catch(() => {}),
    );
    expect(handled).toEqual(NO_HOST_ERRORS);
  });
});

describe('the duration', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'Date'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const after = (milliseconds: number, end: (settle: () => void, fail: () => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      setTimeout(() => end(resolve, () => reject(new Error('late'))), milliseconds);
    });

  it('lasts until the promise settles, not until somebody looks', async () => {
    const result = createWork(() => after(2_000, (settle) => settle())).work();
    await vi.advanceTimersByTimeAsync(2_000);
    vi.setSystemTime(0);
    await vi.advanceTimersByTimeAsync(10_000);
    await result;
    expect(await secondsByOutcome()).toEqual({ 'work success': 2 });
  });

  it('of a failure is observed too', async () => {
    const result = createWork(() => after(500, (_, fail) => fail()))
      .work()
      .catch(() => 'failed');
    await vi.advanceTimersByTimeAsync(500);
    expect(await result).toBe('failed');
    expect(await secondsByOutcome()).toEqual({ 'work error': 0.5 });
  });

  it('of what returns at once is that of the call', async () => {
    createWork(() => void vi.advanceTimersByTime(250)).work();
    expect(await secondsByOutcome()).toEqual({ 'work success': 0.25 });
  });
});
