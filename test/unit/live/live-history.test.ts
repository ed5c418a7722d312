import { describe, expect, it } from 'vitest';
import { COLUMN_COUNT } from '../../../src/live/live-columns.js';
import { jsonValue, LiveHistory } from '../../../src/live/live-history.js';

function filled(moments: number, capacity = 4): LiveHistory {
  const history = new LiveHistory(capacity, 2);
  for (let moment = 1; moment <= moments; moment += 1) {
    history.add(moment * 1000, Float64Array.of(moment, moment / 2));
  }
  return history;
}

describe('the history', () => {
  it('has no moments at first', () => {
    expect(filled(0).sequence).toBe(0);
    expect(filled(0).since(0)).toEqual({ isWhole: true, atMs: [], values: [[], []] });
  });

  it('keeps the last moments, and drops the oldest ones', () => {
    expect(filled(3).since(0)).toEqual({
      isWhole: true,
      atMs: [1000, 2000, 3000],
      values: [
        [1, 2, 3],
        [0.5, 1, 1.5],
      ],
    });
    expect(filled(6).since(0)).toEqual({
      isWhole: true,
      atMs: [3000, 4000, 5000, 6000],
      values: [
        [3, 4, 5, 6],
        [1.5, 2, 2.5, 3],
      ],
    });
  });

  it('tells a reader what is new, and all when some of that is gone', () => {
    const history = filled(6);
    expect(history.sequence).toBe(6);
    expect(history.since(4)).toMatchObject({ isWhole: false, atMs: [5000, 6000] });
    expect(history.since(6)).toMatchObject({ isWhole: false, atMs: [], values: [[], []] });
    expect(history.since(2)).toMatchObject({ isWhole: false, atMs: [3000, 4000, 5000, 6000] });
    expect(history.since(1)).toMatchObject({ isWhole: true, atMs: [3000, 4000, 5000, 6000] });
  });

  it('tells a reader all who claims to have more than there is', () => {
    expect(filled(3).since(7)).toMatchObject({ isWhole: true, atMs: [1000, 2000, 3000] });
  });

  it('takes as much memory full as empty: what the documentation says', () => {
    const history = new LiveHistory(180, COLUMN_COUNT);
    const before = history.byteLength;
    for (let moment = 0; moment < 1000; moment += 1) {
      history.add(moment, new Float64Array(COLUMN_COUNT));
    }
    expect(history.byteLength).toBe(before);
    expect(before).toBe(180 * (COLUMN_COUNT + 1) * 8);
    expect(before).toBeLessThanOrEqual(31_000);
  });

  it('has null for what is no number, and no more digits than a chart shows', () => {
    expect([Number.NaN, Infinity, -Infinity].map(jsonValue)).toEqual([null, null, null]);
    expect([0, 1 / 3, 12_345_678, 1e-9, -2.5].map(jsonValue)).toEqual([0, 0.333333, 12_345_700, 1e-9, -2.5]);
  });
});
