import { describe, expect, it } from 'vitest';
import { Cells } from '../../../../src/core/metric/cells.js';

/** Series of `width` numbers each: 1, 2, 3 and so on. */
function filled(width: number, count: number) {
  const cells = new Cells(width);
  const series = Array.from({ length: count }, () => ({ offset: cells.allocate() }));
  let next = 1;
  for (const { offset } of series) {
    for (let index = 0; index < width; index += 1) {
      cells.values[offset + index] = next;
      next += 1;
    }
  }
  return { cells, series };
}

describe('Cells', () => {
  it.each([1, 2, 13])('keep %i numbers for each series, apart from the others', (width) => {
    const { cells, series } = filled(width, 20);
    const places = series.flatMap(({ offset }) =>
      Array.from({ length: width }, (_, index) => offset + index),
    );
    expect(new Set(places).size).toBe(20 * width);
    expect([...cells.copy(series)]).toEqual(Array.from({ length: 20 * width }, (_, index) => index + 1));
  });

  it('start at 0', () => {
    const { cells } = filled(3, 5);
    const offset = cells.allocate();
    expect([...cells.values.subarray(offset, offset + 3)]).toEqual([0, 0, 0]);
  });

  it('keep their numbers when they grow', () => {
    const { cells, series } = filled(2, 3);
    const before = cells.values;
    const added = Array.from({ length: 100 }, () => ({ offset: cells.allocate() }));
    expect(cells.values).not.toBe(before);
    expect([...cells.copy([...series, ...added])]).toEqual([1, 2, 3, 4, 5, 6, ...Array(200).fill(0)]);
  });

  it('grow by a quarter, so that adding stays cheap and little is unused', () => {
    const cells = new Cells(3);
    const lengths = new Set<number>();
    for (let count = 1; count <= 1000; count += 1) {
      cells.allocate();
      lengths.add(cells.values.length);
      expect(cells.values.length).toBeGreaterThanOrEqual(count * 3);
      expect(cells.values.length).toBeLessThanOrEqual(Math.ceil(count * 1.25) * 3);
    }
    expect(lengths.size).toBeLessThan(30);
  });

  it('give the place of a released series to the next one, at 0', () => {
    const { cells, series } = filled(2, 3);
    const { offset } = series[1] as { offset: number };
    cells.release(offset);
    expect(cells.allocate()).toBe(offset);
    expect([...cells.values.subarray(0, 6)]).toEqual([1, 2, 0, 0, 5, 6]);
  });

  it('do not grow while places of released series are left', () => {
    const { cells, series } = filled(2, 64);
    const { length } = cells.values;
    for (let round = 0; round < 5; round += 1) {
      series.forEach(({ offset }) => cells.release(offset));
      const again = series.map(() => cells.allocate());
      expect(again.toSorted((a, b) => a - b)).toEqual(series.map(({ offset }) => offset));
    }
    expect(cells.values).toHaveLength(length);
  });

  it('copy in the order of the series, whatever the order of their places', () => {
    const { cells, series } = filled(2, 3);
    const [first, second, third] = series as [{ offset: number }, { offset: number }, { offset: number }];
    cells.release(second.offset);
    expect([...cells.copy([first, third])]).toEqual([1, 2, 5, 6]);
    const again = { offset: cells.allocate() };
    cells.values[again.offset] = 7;
    expect([...cells.copy([first, third, again])]).toEqual([1, 2, 5, 6, 7, 0]);
  });

  it('copy what later changes do not reach', () => {
    const { cells, series } = filled(1, 2);
    const copy = cells.copy(series);
    cells.values[0] = 99;
    cells.allocate();
    cells.clear();
    expect([...copy]).toEqual([1, 2]);
  });

  it('copy nothing for no series', () => {
    const { cells, series } = filled(2, 2);
    expect(cells.copy([])).toHaveLength(0);
    series.forEach(({ offset }) => cells.release(offset));
    expect(cells.copy([])).toHaveLength(0);
  });

  it('put one series back to 0 and leave its neighbours', () => {
    const { cells, series } = filled(2, 3);
    cells.zero((series[1] as { offset: number }).offset);
    expect([...cells.copy(series)]).toEqual([1, 2, 0, 0, 5, 6]);
  });

  it('give their memory back when cleared, and start anew', () => {
    const { cells, series } = filled(4, 1000);
    cells.release((series[3] as { offset: number }).offset);
    cells.clear();
    expect(cells.values.byteLength).toBe(4 * 8);
    const again = Array.from({ length: 3 }, () => ({ offset: cells.allocate() }));
    expect(again.map(({ offset }) => offset)).toEqual([0, 4, 8]);
    expect([...cells.copy(again)]).toEqual(Array(12).fill(0));
  });
});
