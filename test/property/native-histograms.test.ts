import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Histogram } from '../../src/core/metric/histogram.js';
import { NativeBuckets } from '../../src/core/metric/native-buckets.js';
import { nativeRow } from '../../src/core/native-columns.js';
import { mergeFamily } from '../../src/registry/merge/merge-family.js';
import { RowUnion } from '../../src/registry/merge/row-union.js';
import { modelHistogram } from '../support/native-model.js';
import { readNativeRow } from '../support/native-rows.js';

/** Numbers of all magnitudes, of few magnitudes, and those at the edges. */
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0.001, max: 10, noNaN: true }),
  fc.integer({ min: -200, max: 200 }).map((exponent) => 2 ** exponent),
  fc.constantFrom(
    0,
    -0,
    1e-300,
    -1e-300,
    1e300,
    -1e300,
    2 ** -128,
    -(2 ** -128),
    5e-324,
    Number.MAX_VALUE,
    1,
    -1,
  ),
);
const values = fc.array(value, { maxLength: 120 });
const maxBuckets = fc.constantFrom(2, 3, 7, 20, 160);

function bucketsOf(observed: readonly number[], limit: number): NativeBuckets {
  const buckets = new NativeBuckets({ maxBuckets: limit });
  observed.forEach((one) => buckets.observe(one));
  return buckets;
}

it('counts observations as the definition has it, whatever their order and the limit', () => {
  fc.assert(
    fc.property(values, maxBuckets, (observed, limit) => {
      const read = readNativeRow(bucketsOf(observed, limit));
      expect(read).toEqual(modelHistogram(observed, limit));
      const populated = Object.keys(read.positive).length + Object.keys(read.negative).length;
      expect(populated).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 500 },
  );
});

it('adds up to the histogram of all observations, in every order', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 5 }), maxBuckets, (parts, limit) => {
      const expected = modelHistogram(parts.flat(), limit);
      for (const order of [parts, parts.toReversed()]) {
        const sum = new NativeBuckets({ maxBuckets: limit });
        order.forEach((part) => sum.add(bucketsOf(part, limit)));
        expect(readNativeRow(sum)).toEqual(expected);
      }
    }),
    { numRuns: 500 },
  );
});

it('starts anew when it is cleared', () => {
  fc.assert(
    fc.property(values, values, maxBuckets, (before, after, limit) => {
      const buckets = bucketsOf(before, limit);
      buckets.clear();
      after.forEach((one) => buckets.observe(one));
      expect(readNativeRow(buckets)).toEqual(modelHistogram(after, limit));
    }),
  );
});

it('merges families of several processes series by series, and has as many observations as the classic buckets', () => {
  const observations = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), value), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(observations, { minLength: 1, maxLength: 4 }), maxBuckets, (processes, limit) => {
      const snapshots = processes.map((process) => {
        const definition = {
          name: 'wait_seconds',
          help: 'Waiting.',
          type: 'histogram',
          labelNames: ['queue'],
          buckets: [1],
          native: true,
        } as const;
        const histogram = new Histogram(definition, undefined, { maxBuckets: limit });
        process.forEach(([queue, one]) => histogram.observe([queue], one));
        return histogram.snapshot();
      });
      const merged = mergeFamily(snapshots, RowUnion.of(snapshots));
      merged.labelRows.forEach(([queue], row) => {
        const observed = processes.flat().flatMap(([name, one]) => (name === queue ? [one] : []));
        const read = readNativeRow(nativeRow(merged.native as NonNullable<typeof merged.native>, row));
        expect(read).toEqual(modelHistogram(observed, limit));
        expect((merged.values[row * 2] as number) + (merged.values[row * 2 + 1] as number)).toBe(
          observed.length,
        );
      });
      expect(merged.labelRows).toHaveLength(new Set(processes.flat().map(([queue]) => queue)).size);
    }),
  );
});
