import { expect, it } from 'vitest';
import { median, slope, type Point } from '../support/soak/slope.js';

const line = (perStep: number): Point[] => Array.from({ length: 20 }, (_, x) => [x, 100 + perStep * x]);

it('a slope is that of a line, whatever a few outliers say', () => {
  expect(slope(line(3))).toBe(3);
  expect(slope(line(0))).toBe(0);
  const disturbed = line(3).map(([x, y]): Point => [x, x % 7 === 0 ? 10_000 : y]);
  expect(slope(disturbed)).toBe(3);
});

it('a median is the middle one, or between the two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
});
