import * as fc from 'fast-check';
import type { Exemplar } from '../../src/core/exemplar.js';
import type { FamilySnapshot, SnapshotType } from '../../src/core/family-snapshot.js';
import { NativeBuckets } from '../../src/core/metric/native-buckets.js';
import { type NativeColumns, NativeColumnsBuilder } from '../../src/core/native-columns.js';

/** Every bit pattern that a number may have, and the counts that most are. */
const number = fc.oneof(
  fc.double(),
  fc.nat(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 127, 128, 16_383, 16_384),
);
const text = fc.string({ unit: 'grapheme' });
const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const label = name.filter((one) => one !== 'le' && one !== 'quantile' && one !== '__proto__');
const labels = fc.dictionary(label, text, { maxKeys: 3 });

const column = (length: number): fc.Arbitrary<Float64Array> =>
  fc.array(number, { minLength: length, maxLength: length }).map((values) => Float64Array.from(values));

const exemplars = (length: number): fc.Arbitrary<ReadonlyMap<number, Exemplar>> =>
  fc
    .array(fc.tuple(fc.nat(length - 1), fc.record({ labels, value: number, timestampSeconds: number })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((entries) => new Map(entries));

const observation = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1, max: 10, noNaN: true }),
);

/** Native histograms of any observations. */
const native = (rows: number): fc.Arbitrary<NativeColumns> =>
  fc
    .tuple(
      fc.constantFrom(2, 20, 160),
      fc.array(fc.array(observation, { maxLength: 30 }), { minLength: rows, maxLength: rows }),
    )
    .map(([maxBuckets, observed]) => {
      const builder = new NativeColumnsBuilder(maxBuckets, rows);
      for (const values of observed) {
        const buckets = new NativeBuckets({ maxBuckets });
        values.forEach((value) => buckets.observe(value));
        builder.add(buckets);
      }
      return builder.finish();
    });

/** A snapshot of any type, with any numbers and labels, and with all that a snapshot may have. */
export const arbitrarySnapshot: fc.Arbitrary<FamilySnapshot> = fc
  .record({
    name,
    help: text,
    type: fc.constantFrom<SnapshotType>('counter', 'gauge', 'histogram', 'summary', 'untyped'),
    labelNames: fc.uniqueArray(label, { maxLength: 3 }),
    bounds: fc
      .uniqueArray(fc.double({ noNaN: true }), { minLength: 1, maxLength: 4, comparator: (a, b) => a === b })
      .map((bounds) => bounds.toSorted((a, b) => a - b)),
    aggregation: fc.constantFrom('sum', 'min', 'omit', undefined),
    rows: fc.integer({ min: 0, max: 5 }),
    hasCreated: fc.boolean(),
    hasNative: fc.boolean(),
  })
  .chain(({ bounds, aggregation, hasCreated, hasNative, ...given }) => {
    const { rows: someRows, ...described } = given;
    const { type, labelNames } = described;
    const rows = labelNames.length === 0 ? Math.min(someRows, 1) : someRows;
    const width = type === 'histogram' ? bounds.length + 1 : type === 'summary' ? bounds.length : 1;
    const cell = fc.option(text, { nil: undefined });
    const row = fc.array(cell, { minLength: labelNames.length, maxLength: labelNames.length });
    const values = column(rows * width);
    return fc.record({
      descriptor: fc.constant({
        ...described,
        ...(aggregation && { aggregation }),
        ...(type === 'histogram' && { buckets: bounds }),
        ...(type === 'summary' && { quantiles: bounds }),
      }),
      constantLabels: labels,
      labelRows: fc.array(row, { minLength: rows, maxLength: rows }),
      values,
      ...((type === 'histogram' || type === 'summary') && { sums: column(rows) }),
      ...(type === 'summary' && { counts: column(rows) }),
      ...(rows > 0 && { exemplars: exemplars(rows * width) }),
      ...(hasCreated && { created: column(rows) }),
      ...(hasNative && type === 'histogram' && { native: native(rows) }),
    });
  });
