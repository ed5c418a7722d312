import { describe, expect, it } from 'vitest';
import { countOf, quantileOf } from '../../../src/live/quantile.js';

const buckets = (...counts: number[]) => ({ bounds: [0.1, 0.5, 1], counts: Float64Array.from(counts) });

describe('a quantile of buckets', () => {
  it.each([
    ['within the first bucket, from 0', 0.5, [10, 0, 0, 0], 0.05],
    ['within a later bucket', 0.5, [0, 4, 0, 0], 0.3],
    ['at the bound of a bucket', 0.5, [5, 5, 0, 0], 0.1],
    ['above empty buckets', 0.99, [50, 0, 50, 0], 0.99],
    ['above the highest bound', 0.99, [1, 0, 0, 99], 1],
    ['of the highest value', 1, [4, 4, 0, 0], 0.5],
  ])('is estimated %s', (_, quantile, counts, expected) => {
    expect(quantileOf(quantile, buckets(...counts))).toBeCloseTo(expected, 10);
  });

  it('is no number without observations', () => {
    expect(quantileOf(0.5, buckets(0, 0, 0, 0))).toBeNaN();
    expect(quantileOf(0.5, buckets(Number.NaN, 0, 0, 0))).toBeNaN();
  });

  it('counts observations in all buckets', () => {
    expect(countOf(buckets(1, 2, 3, 4))).toBe(10);
  });
});
