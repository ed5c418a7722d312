import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline, DeadlineError } from '../../../../src/core/tool/deadline.js';

const never = (): Promise<never> => new Promise(() => {});

describe('Deadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes results and errors on, and leaves no timer', async () => {
    const deadline = new Deadline(100);
    expect(await deadline.within(Promise.resolve(1))).toBe(1);
    await expect(deadline.within(Promise.reject(new Error('No.')))).rejects.toThrow('No.');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects what has not settled in time, with one timer for all', async () => {
    const deadline = new Deadline(100);
    const late = [deadline.within(never()), deadline.within(never())];
    const checks = late.map((one) =>
      expect(one).rejects.toThrow(new DeadlineError('no answer within 100 ms')),
    );
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(checks);
  });

  it('ends at one time for work that begins sooner and later', async () => {
    const deadline = new Deadline(100);
    await vi.advanceTimersByTimeAsync(60);
    const late = deadline.within(never()).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(40);
    expect(await late).toBeInstanceOf(DeadlineError);
  });

  it('rejects the rest when some work has settled, and work that begins afterwards', async () => {
    const deadline = new Deadline(100);
    const late = deadline.within(never()).catch((error: unknown) => error);
    expect(await deadline.within(Promise.resolve(1))).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(await late).toBeInstanceOf(DeadlineError);
    const later = deadline.within(never()).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    expect(await later).toBeInstanceOf(DeadlineError);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('calls back once, and at once for a plain value', async () => {
    const onResult = vi.fn();
    const onError = vi.fn();
    const deadline = new Deadline(100);
    deadline.settle(1, onResult, onError);
    expect(onResult.mock.calls).toEqual([[1]]);
    // oxlint-disable-next-line unicorn/no-thenable
    deadline.settle({ then: () => {} } as unknown as Promise<number>, onResult, onError);
    await vi.advanceTimersByTimeAsync(200);
    expect(onResult).toHaveBeenCalledTimes(1);
    expect(onError).toHaveBeenCalledTimes(1);
  });
});
