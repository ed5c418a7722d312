import { expect, it } from 'vitest';
import { EndedProcesses } from '../../../src/cluster/ended-members.js';
import { SnapshotMerger } from '../../../src/cluster/snapshot-merger.js';
import { encodeSnapshots, SnapshotDecoder } from '../../../src/cluster/wire/snapshot-codec.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { type NativeColumns, nativeRow } from '../../../src/core/native-columns.js';
import { modelHistogram } from '../../support/native-model.js';
import { readNativeRow } from '../../support/native-rows.js';

const DEFINITION = {
  name: 'wait_seconds',
  help: 'Waiting.',
  type: 'histogram',
  labelNames: ['queue'],
  buckets: [1],
  native: true,
} as const;

/** What a process observed, as it comes from there. */
function processOf(observed: readonly number[], native = true): FamilySnapshot {
  const histogram = new Histogram({ ...DEFINITION, native }, undefined, { maxBuckets: 40 });
  observed.forEach((value) => histogram.observe(['mail'], value));
  const [received] = new SnapshotDecoder().decode(encodeSnapshots([histogram.snapshot()]));
  return received as FamilySnapshot;
}

function merge(ended: EndedProcesses, ...living: readonly FamilySnapshot[]): FamilySnapshot {
  const { families } = new SnapshotMerger().merge([
    ...living.map((family) => ({ families: [family], hasEnded: false })),
    { families: ended.families, hasEnded: true },
  ]);
  return families[0] as FamilySnapshot;
}

const read = ({ native }: FamilySnapshot) => readNativeRow(nativeRow(native as NativeColumns, 0));

/** Of few magnitudes in a high resolution, of many in a low one. */
const NARROW = [0.5, 0.51, 0.52];
const WIDE = Array.from({ length: 500 }, (_, index) => 1.3 ** (index - 250));
const NEGATIVE = [0, -1, -1e-300, -3];

it('are merged to the lower resolution, with nothing lost', () => {
  const merged = merge(new EndedProcesses(), processOf(NARROW), processOf(WIDE), processOf(NEGATIVE));
  expect(read(merged)).toEqual(modelHistogram([...NARROW, ...WIDE, ...NEGATIVE], 40));
  expect(merged.values.reduce((sum, count) => sum + count, 0)).toBe(507);
});

it('keep those of ended processes, however many end', () => {
  const ended = new EndedProcesses();
  for (let round = 0; round < 20; round += 1) ended.add([processOf(NARROW)]);
  ended.add([processOf(WIDE)]);
  const all = [...Array.from({ length: 20 }, () => NARROW).flat(), ...WIDE, ...NEGATIVE];
  expect(read(merge(ended, processOf(NEGATIVE)))).toEqual(modelHistogram(all, 40));
  expect(read(merge(ended, processOf(NEGATIVE)))).toEqual(modelHistogram(all, 40));
});

it('are not mixed with processes that have classic buckets only', () => {
  const ended = new EndedProcesses();
  ended.add([processOf(WIDE, false)]);
  const merged = merge(ended, processOf(NARROW), processOf(NARROW), processOf(WIDE, false));
  expect(read(merged)).toEqual(modelHistogram([...NARROW, ...NARROW], 40));
  expect(merged.values.reduce((sum, count) => sum + count, 0)).toBe(6);
});

it('began when the first of them did', () => {
  const early = { ...processOf(NARROW), created: Float64Array.of(100) };
  const late = { ...processOf(NARROW), created: Float64Array.of(200) };
  const { created: _, ...unknown } = processOf(NARROW);
  const ended = new EndedProcesses();
  ended.add([early]);
  expect(merge(new EndedProcesses(), late, unknown).created).toEqual(Float64Array.of(200));
  expect(merge(ended, late, unknown).created).toEqual(Float64Array.of(100));
  expect(merge(new EndedProcesses(), unknown)).not.toHaveProperty('created');
});

it('are refused with what no histogram has', () => {
  const family = processOf(NARROW);
  const native = family.native as NativeColumns;
  const sent = (changes: Partial<NativeColumns>) => () =>
    new SnapshotDecoder().decode(encodeSnapshots([{ ...family, native: { ...native, ...changes } }]));
  const { starts, indexes, counts } = native.positive;
  const sparse = (changes: Partial<NativeColumns['positive']>) =>
    sent({ positive: { ...native.positive, ...changes } });
  expect(sent({})).not.toThrow();
  expect(sent({ maxBuckets: 1 })).toThrow('an illegal limit of buckets');
  expect(sent({ maxBuckets: 2 })).toThrow('too many buckets of a series');
  expect(sent({ maxBuckets: 1_000_000 })).toThrow('an illegal limit of buckets');
  expect(sent({ schemas: Int32Array.of(9) })).toThrow('an illegal schema');
  expect(sent({ schemas: Int32Array.of(-5) })).toThrow('an illegal schema');
  expect(sent({ schemas: new Int32Array(2) })).toThrow('native histograms that do not fit the series');
  expect(sent({ zeroExponents: Int32Array.of(-144) })).toThrow('an illegal zero bucket');
  expect(sent({ zeroExponents: Int32Array.of(-100) })).toThrow('an illegal zero bucket');
  expect(sent({ zeroExponents: Int32Array.of(1024) })).toThrow('an illegal zero bucket');
  expect(sent({ zeroCounts: Float64Array.of(-1) })).toThrow('an illegal count');
  expect(sent({ zeroCounts: Float64Array.of(Number.NaN) })).toThrow('an illegal count');
  expect(sparse({ starts: Uint32Array.of(0, 2) })).toThrow('buckets that do not fit the series');
  expect(sparse({ starts: Uint32Array.of(0) })).toThrow('buckets that do not fit the series');
  expect(sparse({ indexes: indexes.toReversed() })).toThrow('an illegal index of a bucket');
  expect(sparse({ indexes: indexes.map((index) => index + 1_000_000) })).toThrow(
    'an illegal index of a bucket',
  );
  expect(sparse({ counts: counts.subarray(1) })).toThrow('counts that do not fit the buckets');
  expect(sparse({ counts: counts.map(() => 0.5) })).toThrow('counts that do not fit the buckets');
  expect(starts).toEqual(Uint32Array.of(0, 3));
});

it('are refused for a counter', () => {
  const { native } = processOf(NARROW);
  const descriptor = { name: 'jobs_total', help: 'Jobs.', type: 'counter', labelNames: ['queue'] } as const;
  const family: FamilySnapshot = {
    descriptor,
    labelRows: [['mail']],
    values: Float64Array.of(1),
    native: native as NativeColumns,
  };
  expect(() => new SnapshotDecoder().decode(encodeSnapshots([family]))).toThrow(
    'native buckets of a counter',
  );
});
