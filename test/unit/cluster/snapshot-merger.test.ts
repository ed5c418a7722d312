import { describe, expect, it } from 'vitest';
import { SnapshotMerger } from '../../../src/cluster/snapshot-merger.js';
import type { Aggregation } from '../../../src/core/family-definition.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { seriesKey } from '../../support/parse-exposition.js';
import { distribution, samples, scalar } from './snapshots.js';

const living = (...families: FamilySnapshot[]) => ({ families, hasEnded: false });
const merge = (...processes: ReturnType<typeof living>[]) => new SnapshotMerger().merge(processes);
const key = (name: string, x: string): string => seriesKey(name, { x });

describe('SnapshotMerger', () => {
  it.each<[Aggregation, number]>([
    ['sum', 8],
    ['min', -2],
    ['max', 7],
    ['once', 3],
    ['average', 8 / 3],
  ])('combines by "%s"', (aggregation, expected) => {
    const { families } = merge(
      ...[3, -2, 7].map((value) => living(scalar('depth', 'gauge', { a: value }, aggregation))),
    );
    expect(samples(families)).toEqual({ [key('depth', 'a')]: expected });
  });

  it('leaves out what is to be omitted', () => {
    expect(merge(living(scalar('depth', 'gauge', { a: 1 }, 'omit')))).toEqual({ families: [], leftOut: 0 });
  });

  it('makes a ratio of the sums, and not of the ratios', () => {
    const ratio = (sum: number, count: number): FamilySnapshot => ({
      ...scalar('per_request', 'gauge', { a: sum / count }, 'ratio'),
      sums: Float64Array.of(sum),
      counts: Float64Array.of(count),
    });
    const { families } = merge(living(ratio(10, 1)), living(ratio(9, 9)), living(ratio(0, 0)));
    expect(samples(families)).toEqual({ [key('per_request', 'a')]: 1.9 });
    expect(samples(merge(living(ratio(0, 0))).families)).toEqual({ [key('per_request', 'a')]: 0 });
  });

  it('finds series by their values, whatever their order, and keeps those that only one has', () => {
    const { families } = merge(
      living(scalar('jobs_total', 'counter', { a: 1, b: 2 })),
      living(scalar('jobs_total', 'counter', { c: 4, b: 8, a: 16 })),
    );
    expect(samples(families)).toEqual({
      [key('jobs_total', 'a')]: 17,
      [key('jobs_total', 'b')]: 10,
      [key('jobs_total', 'c')]: 4,
    });
  });

  it('does not take one series for another whose values only look alike together', () => {
    const pair = (first: string, second: string | undefined): FamilySnapshot => ({
      descriptor: { name: 'pairs', type: 'counter', help: 'p', labelNames: ['x', 'y'] },
      labelRows: [[first, second]],
      values: Float64Array.of(1),
    });
    const { families } = merge(
      ...[pair('a', 'b'), pair('ab', ''), pair('', 'ab'), pair('a1:b', ''), pair('a', undefined)].map((one) =>
        living(one),
      ),
    );
    expect(families[0]?.labelRows).toHaveLength(5);
  });

  it('matches labels by name when processes have them in another order, or not all of them', () => {
    const family = (labelNames: readonly string[], row: readonly string[]): FamilySnapshot => ({
      descriptor: { name: 'calls_total', type: 'counter', help: 'c', labelNames },
      labelRows: [row],
      values: Float64Array.of(1),
    });
    const { families } = merge(
      living(family(['x', 'y'], ['1', '2'])),
      living(family(['y', 'x'], ['2', '1'])),
      living(family(['y'], ['2'])),
    );
    expect(samples(families)).toEqual({
      [seriesKey('calls_total', { x: '1', y: '2' })]: 2,
      [seriesKey('calls_total', { y: '2' })]: 1,
    });
  });

  it('keeps constant labels that all have, and makes labels of the series of those that differ', () => {
    const of = (worker: string): FamilySnapshot => ({
      ...scalar('jobs_total', 'counter', { a: 1 }),
      constantLabels: { worker },
    });
    expect(samples(merge(living(of('1')), living(of('1'))).families)).toEqual({
      [seriesKey('jobs_total', { x: 'a', worker: '1' })]: 2,
    });
    expect(samples(merge(living(of('1')), living(of('2'))).families)).toEqual({
      [seriesKey('jobs_total', { x: 'a', worker: '1' })]: 1,
      [seriesKey('jobs_total', { x: 'a', worker: '2' })]: 1,
    });
  });

  it('adds buckets and sums', () => {
    const { families } = merge(
      living(distribution('wait_seconds', [1, 2], [1, 0, 2], 7)),
      living(distribution('wait_seconds', [1, 2], [0, 5, 1], 12)),
    );
    expect(families[0]?.values).toEqual(Float64Array.of(1, 5, 3));
    expect(families[0]?.sums).toEqual(Float64Array.of(19));
  });

  it('leaves out, and counts, the layout that fewer have', () => {
    const merged = merge(
      living(distribution('wait_seconds', [5], [100, 100], 100)),
      living(distribution('wait_seconds', [1, 2], [1, 0, 2], 7)),
      living(distribution('wait_seconds', [1, 2], [0, 5, 1], 12)),
    );
    expect(merged.families[0]?.values).toEqual(Float64Array.of(1, 5, 3));
    expect(merged.leftOut).toBe(1);
    const types = merge(living(scalar('a', 'gauge', { a: 1 })), living(scalar('a', 'counter', { a: 1 })));
    expect(types.families.map(({ descriptor }) => descriptor.type)).toEqual(['gauge']);
    expect(types.leftOut).toBe(1);
  });

  it('has no use for what has ended in another layout, and does not miss it', () => {
    const merged = new SnapshotMerger().merge([
      living(distribution('wait_seconds', [1], [1, 2], 7)),
      { families: [distribution('wait_seconds', [5], [9, 9], 9)], hasEnded: true },
    ]);
    expect(merged.families[0]?.values).toEqual(Float64Array.of(1, 2));
    expect(merged.leftOut).toBe(0);
  });

  it('takes metrics that have no series yet, and so no bounds, for no other layout', () => {
    const empty: FamilySnapshot = {
      descriptor: { name: 'wait_seconds', type: 'histogram', help: 'w', labelNames: [], buckets: [] },
      labelRows: [],
      values: new Float64Array(0),
      sums: new Float64Array(0),
    };
    const full = distribution('wait_seconds', [1], [1, 2], 7);
    expect(merge(living(empty), living(full))).toMatchObject({
      leftOut: 0,
      families: [{ values: full.values }],
    });
    expect(merge(living(empty), living(empty))).toMatchObject({ leftOut: 0, families: [{ labelRows: [] }] });
  });

  it('adds sums and counts of summaries; quantiles of several processes there are none', () => {
    const summary = (x: string, quantile: number, aggregation?: Aggregation): FamilySnapshot => ({
      descriptor: {
        name: 's',
        type: 'summary',
        help: 's',
        labelNames: ['x'],
        quantiles: [0.5],
        ...(aggregation && { aggregation }),
      },
      labelRows: [[x]],
      values: Float64Array.of(quantile),
      sums: Float64Array.of(10),
      counts: Float64Array.of(2),
    });
    const { families } = merge(living(summary('a', 1)), living(summary('a', 3)), living(summary('b', 7)));
    expect(families[0]).toMatchObject({
      labelRows: [['a'], ['b']],
      values: Float64Array.of(NaN, 7),
      sums: Float64Array.of(20, 10),
      counts: Float64Array.of(4, 2),
    });
    expect(merge(living(summary('a', 1, 'max')), living(summary('a', 3, 'max'))).families[0]?.values).toEqual(
      Float64Array.of(3),
    );
  });

  it('keeps the latest exemplar of each number', () => {
    const withExemplar = (
      labelRows: readonly [string][],
      index: number,
      timestampSeconds: number,
    ): FamilySnapshot => ({
      ...scalar('jobs_total', 'counter', {}),
      labelRows,
      values: new Float64Array(labelRows.length),
      exemplars: new Map([[index, { labels: { at: String(timestampSeconds) }, value: 1, timestampSeconds }]]),
    });
    const { families } = merge(
      living(withExemplar([['a'], ['b']], 1, 5)),
      living(withExemplar([['b'], ['c']], 0, 6)),
      living(withExemplar([['b'], ['c']], 0, 4)),
    );
    expect([...(families[0]?.exemplars ?? [])].map(([index, { labels }]) => [index, labels])).toEqual([
      [1, { at: '6' }],
    ]);
  });

  it('answers with the same rows and descriptor while no series comes or goes, and in their order when one comes', () => {
    const merger = new SnapshotMerger();
    const first = living(scalar('jobs_total', 'counter', { a: 1 }));
    const second = living(scalar('jobs_total', 'counter', { b: 1 }));
    const before = merger.merge([first, second]).families[0] as FamilySnapshot;
    const same = merger.merge([first, second]).families[0] as FamilySnapshot;
    expect(same.labelRows).toBe(before.labelRows);
    const grown = merger.merge([living(scalar('jobs_total', 'counter', { a: 1, c: 1 })), second])
      .families[0] as FamilySnapshot;
    expect(grown.descriptor).toBe(before.descriptor);
    expect(grown.labelRows).toEqual([['a'], ['b'], ['c']]);
    expect(grown.labelRows[0]).toBe(before.labelRows[0]);
    const gone = merger.merge([second]).families[0] as FamilySnapshot;
    expect(gone.labelRows).toEqual([['b']]);
  });
});
