import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  SnapshotDecoder,
  encodeSnapshots,
  UnreadableSnapshotError,
} from '../../src/cluster/wire/snapshot-codec.js';
import type { Exemplar } from '../../src/core/exemplar.js';
import type { FamilySnapshot, SnapshotType } from '../../src/core/family-snapshot.js';

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

const family: fc.Arbitrary<FamilySnapshot> = fc
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
  })
  .chain(({ bounds, aggregation, ...given }) => {
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
    });
  });

const families = fc.array(family, { maxLength: 4 });

const decode = (bytes: Buffer) => new SnapshotDecoder().decode(bytes);

it('brings back every number, text and exemplar as it was', () => {
  fc.assert(
    fc.property(families, (sent) => {
      expect(decode(encodeSnapshots(sent))).toEqual(sent);
    }),
    {
      numRuns: 500,
    },
  );
});

it('brings them back through base64 and JSON, and with a decoder that knows other snapshots', () => {
  const decoder = new SnapshotDecoder();
  fc.assert(
    fc.property(families, (sent) => {
      const payload = JSON.parse(JSON.stringify(encodeSnapshots(sent).toString('base64'))) as string;
      expect(decoder.decode(Buffer.from(payload, 'base64'))).toEqual(sent);
    }),
  );
});

it('keeps the objects of shapes that are the same, and takes changed ones', () => {
  const decoder = new SnapshotDecoder();
  const descriptor = { name: 'a', help: 'a', type: 'counter', labelNames: ['x'] } as const;
  const one = { descriptor, labelRows: [['1']], values: Float64Array.of(1) };
  const [first] = decoder.decode(encodeSnapshots([one]));
  const [second] = decoder.decode(encodeSnapshots([{ ...one, values: Float64Array.of(2) }]));
  expect(second?.labelRows).toBe(first?.labelRows);
  expect(second?.values).toEqual(Float64Array.of(2));
  const more = { ...one, labelRows: [['1'], ['2']], values: Float64Array.of(2, 3) };
  expect(decoder.decode(encodeSnapshots([more]))[0]?.labelRows).toEqual([['1'], ['2']]);
});

it('refuses every damaged byte and every part of a snapshot', () => {
  fc.assert(
    fc.property(families, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, at, change) => {
      const bytes = encodeSnapshots(sent);
      const damaged = Buffer.from(bytes);
      const place = at % bytes.length;
      damaged[place] = (damaged[place] as number) ^ change;
      expect(() => decode(damaged)).toThrow(UnreadableSnapshotError);
      expect(() => decode(bytes.subarray(0, place))).toThrow(UnreadableSnapshotError);
    }),
  );
});

it('refuses whatever else comes, with an error of its own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decode(Buffer.from(bytes))).toThrow(UnreadableSnapshotError);
    }),
  );
});

it('refuses another version by its number', () => {
  const bytes = encodeSnapshots([]);
  bytes[3] = 2;
  expect(() => decode(bytes)).toThrow('A snapshot of metrics has the version 2; this process reads 1.');
});
