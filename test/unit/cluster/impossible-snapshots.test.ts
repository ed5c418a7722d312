import { expect, it } from 'vitest';
import { encodeSnapshots, SnapshotDecoder } from '../../../src/cluster/wire/snapshot-codec.js';
import type { FamilyDescriptor, FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { distribution, scalar } from './snapshots.js';

const counter = scalar('jobs_total', 'counter', { a: 1 });
const histogram = distribution('wait_seconds', [1], [1, 0], 1);
const summary: FamilySnapshot = {
  descriptor: { name: 'size', type: 'summary', help: 's', labelNames: [], quantiles: [0.5] },
  labelRows: [[]],
  values: Float64Array.of(1),
  sums: Float64Array.of(1),
  counts: Float64Array.of(1),
};
const one = Float64Array.of(1);

/** The snapshot with something else in its descriptor. */
const as = (family: FamilySnapshot, changes: object): FamilySnapshot => ({
  ...family,
  descriptor: { ...family.descriptor, ...(changes as Partial<FamilyDescriptor>) },
});
const without = (family: FamilySnapshot, column: 'sums' | 'counts'): FamilySnapshot => {
  const { [column]: _, ...rest } = family;
  return rest;
};
const bounded = (buckets: readonly number[]): FamilySnapshot => ({
  ...as(histogram, { buckets }),
  values: new Float64Array(buckets.length + 1),
});
const decode = (family: FamilySnapshot) => new SnapshotDecoder().decode(encodeSnapshots([family]));

it.each([counter, histogram, summary, bounded([]), as(scalar('depth', 'gauge', {}), { help: '' })])(
  'takes what a process may have: $descriptor.name',
  (family) => expect(decode(family)).toMatchObject([family]),
);

it('takes a ratio with what is divided, and without', () => {
  const ratio = scalar('per_request', 'gauge', { a: 1 }, 'ratio');
  expect(decode(ratio)).toHaveLength(1);
  expect(decode({ ...ratio, sums: one, counts: one })).toHaveLength(1);
  expect(() => decode({ ...ratio, sums: one })).toThrow('columns that do not belong to a gauge');
});

const LABELS = 'a metric with illegal or duplicate labels';
const METRIC = 'a metric with an unknown name, type or aggregation';

it.each<[string, FamilySnapshot, string]>([
  [
    'several series without labels',
    { ...as(counter, { labelNames: [] }), labelRows: [[], []], values: Float64Array.of(1, 1) },
    'several series without labels',
  ],
  [
    'a histogram with quantiles',
    { ...as(histogram, { buckets: undefined, quantiles: [0.5] }) },
    'bounds that do not belong to a histogram',
  ],
  [
    'a histogram without bounds',
    { ...as(histogram, { buckets: undefined }), values: one },
    'bounds that do not belong to a histogram',
  ],
  [
    'a summary with buckets',
    as(summary, { quantiles: undefined, buckets: [1] }),
    'bounds that do not belong',
  ],
  ['a counter with buckets', as(counter, { buckets: [1] }), 'bounds that do not belong to a counter'],
  ['buckets that fall', bounded([2, 1]), 'bounds that do not belong to a histogram'],
  ['a bucket that is no number', bounded([Number.NaN]), 'bounds that do not belong to a histogram'],
  ['too few values for its buckets', { ...histogram, values: one }, 'values do not fit the series'],
  ['too many values for its series', { ...counter, values: Float64Array.of(1, 2) }, 'values do not fit'],
  ['a histogram without sums', without(histogram, 'sums'), 'columns that do not belong to a histogram'],
  ['a histogram with counts', { ...histogram, counts: one }, 'columns that do not belong to a histogram'],
  ['a summary without counts', without(summary, 'counts'), 'columns that do not belong to a summary'],
  ['a counter with sums', { ...counter, sums: one }, 'columns that do not belong to a counter'],
  ['a type that is not known', as(counter, { type: 'info' }), METRIC],
  ['a name that breaks lines', as(counter, { name: 'a\nb 1' }), METRIC],
  ['no HELP', as(counter, { help: undefined }), METRIC],
  ['a label that is none', as(counter, { labelNames: ['a-b'] }), LABELS],
  ['a label of another type', as(counter, { labelNames: [5] }), LABELS],
  ['a label twice', { ...as(counter, { labelNames: ['x', 'x'] }), labelRows: [['a', 'b']] }, LABELS],
  ['the label of buckets', { ...as(histogram, { labelNames: ['le'] }), labelRows: [['1']] }, LABELS],
  ['a constant label that is no text', { ...counter, constantLabels: { a: 5 as never } }, LABELS],
  [
    'an exemplar of no value',
    { ...counter, exemplars: new Map([[1, { labels: {}, value: 1, timestampSeconds: 1 }]]) },
    'an exemplar of no value',
  ],
])('refuses a snapshot with %s', (_what, family, reason) => {
  expect(() => decode(family)).toThrow(`A snapshot of metrics is damaged: ${reason}`);
});
