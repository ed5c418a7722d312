import { describe, expect, it } from 'vitest';
import type { LiveState } from '../../../../src/live/live-messages.js';
import { Series } from '../../../../src/live/page/series.js';

const stateAt = (atMs: number, values: (number | null)[], clockOffsetMs = 0): LiveState =>
  ({ atMs, values, clockOffsetMs }) as unknown as LiveState;

describe('the values on the page', () => {
  it('are those of the history, and of each state', () => {
    const series = new Series();
    series.addPoints({
      isWhole: true,
      atMs: [5000, 10_000],
      values: [
        [1, 2],
        [null, 4],
      ],
    });
    series.addState(stateAt(11_000, [3, 5], 1000));
    expect(series.seconds).toEqual([6, 11, 12]);
    expect([series.column(0), series.column(1), series.column(9)]).toEqual([[1, 2, 3], [null, 4, 5], []]);
  });

  it('are there once, also when the history has a state that came before', () => {
    const series = new Series();
    series.addState(stateAt(4000, [1]));
    series.addState(stateAt(5000, [2]));
    series.addState(stateAt(5000, [9]));
    series.addPoints({ isWhole: false, atMs: [5000, 10_000], values: [[2, 3]] });
    expect([series.seconds, series.column(0)]).toEqual([
      [4, 5, 10],
      [1, 2, 3],
    ]);
  });

  it('are forgotten when they are older than the history, or of another process', () => {
    const series = new Series();
    series.historySeconds = 10;
    [0, 5000, 9000, 14_000, 19_000].forEach((atMs) => series.addState(stateAt(atMs, [atMs])));
    expect(series.column(0)).toEqual([9000, 14_000, 19_000]);
    series.addPoints({ isWhole: true, atMs: [100], values: [[7]] });
    expect([series.seconds, series.column(0)]).toEqual([[0.1], [7]]);
  });

  it('move on the axis when the service’s clock is set', () => {
    const series = new Series();
    series.addState(stateAt(1000, [1], 10_000));
    series.addState(stateAt(2000, [2], -500));
    expect(series.seconds).toEqual([0.5, 1.5]);
  });

  it('cover a minute at least, and the history at most', () => {
    const series = new Series();
    series.addState(stateAt(0, [1]));
    series.addState(stateAt(10_000, [1]));
    expect(series.period).toEqual([-50, 10]);
    series.addState(stateAt(300_000, [1]));
    expect(series.period).toEqual([0, 300]);
    series.addState(stateAt(3_000_000, [1]));
    series.addState(stateAt(3_899_000, [1]));
    expect(series.period).toEqual([3000, 3899]);
  });
});
