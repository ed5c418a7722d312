import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WarningLimit } from '../../../../src/core/tool/warning-limit.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const admitted = (limit: WarningLimit, times: number): (number | undefined)[] =>
  Array.from({ length: times }, () => limit.admit());

it('admits ten warnings a minute, and says at the next one how many were suppressed', () => {
  const limit = new WarningLimit();
  expect(admitted(limit, 13)).toEqual([...Array<number>(10).fill(0), undefined, undefined, undefined]);
  vi.advanceTimersByTime(59_999);
  expect(limit.admit()).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(admitted(limit, 2)).toEqual([4, 0]);
});

it('begins a period with the first warning after the one before', () => {
  const limit = new WarningLimit();
  admitted(limit, 10);
  vi.advanceTimersByTime(100_000);
  expect(admitted(limit, 11)).toEqual([...Array<number>(10).fill(0), undefined]);
  vi.advanceTimersByTime(30_000);
  expect(limit.admit()).toBeUndefined();
});
