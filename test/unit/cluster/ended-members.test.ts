import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndedProcesses } from '../../../src/cluster/ended-members.js';
import { SnapshotMerger } from '../../../src/cluster/snapshot-merger.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { seriesKey } from '../../support/parse-exposition.js';
import { distribution, samples, scalar } from './snapshots.js';

const total = (ended: EndedProcesses, ...living: FamilySnapshot[]): FamilySnapshot[] => [
  ...new SnapshotMerger().merge([
    ...living.map((family) => ({ families: [family], hasEnded: false })),
    { families: ended.families, hasEnded: true },
  ]).families,
];

describe('EndedProcesses', () => {
  it('keeps counters and histograms, and lets go of gauges', () => {
    const ended = new EndedProcesses();
    for (const value of [1, 2]) {
      ended.add([
        scalar('jobs_total', 'counter', { a: value }),
        scalar('depth', 'gauge', { a: value }),
        scalar('other', 'untyped', { a: value }),
        scalar('first_total', 'counter', { a: value }, 'once'),
        distribution('wait_seconds', [1], [value, 0], value),
      ]);
    }
    expect(total(ended).map(({ descriptor, values }) => [descriptor.name, ...values])).toEqual([
      ['jobs_total', 3],
      ['wait_seconds', 3, 0],
    ]);
  });

  it('keeps each layout by itself, so that neither an old nor a new one is lost', () => {
    const ended = new EndedProcesses();
    ended.add([distribution('wait_seconds', [1], [1, 1], 1)]);
    ended.add([distribution('wait_seconds', [5], [7, 0], 7)]);
    ended.add([distribution('wait_seconds', [1], [1, 1], 1)]);
    expect(total(ended, distribution('wait_seconds', [1], [0, 1], 1))[0]?.values).toEqual(
      Float64Array.of(2, 3),
    );
    expect(total(ended, distribution('wait_seconds', [5], [0, 1], 1))[0]?.values).toEqual(
      Float64Array.of(7, 1),
    );
  });

  it('has a ceiling: series that are known still add up past it, further ones are told of', () => {
    const ended = new EndedProcesses(3);
    expect(ended.add([scalar('jobs_total', 'counter', { a: 1, b: 1 })])).toBe(0);
    expect(ended.add([scalar('jobs_total', 'counter', { c: 1, d: 1, a: 1 })])).toBe(1);
    expect(ended.add([scalar('other_total', 'counter', { a: 1 })])).toBe(1);
    expect(samples(total(ended))).toEqual({
      [seriesKey('jobs_total', { x: 'a' })]: 2,
      [seriesKey('jobs_total', { x: 'b' })]: 1,
      [seriesKey('jobs_total', { x: 'c' })]: 1,
    });
  });

  it('changes no digit of a sum when a process ends, in whatever order they do', () => {
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 2, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (sums, choice) => {
          const ended = new EndedProcesses();
          const living = sums.map((sum) => scalar('seconds_total', 'counter', { a: sum }));
          const [first] = total(ended, ...living);
          while (living.length > 1) {
            const [gone] = living.splice((choice.next().value as number) % living.length, 1);
            ended.add([gone as FamilySnapshot]);
            expect(total(ended, ...living)[0]?.values).toEqual(first?.values);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes infinite numbers', () => {
    const ended = new EndedProcesses();
    ended.add([scalar('seconds_total', 'counter', { a: Infinity, b: 1e308 })]);
    ended.add([scalar('seconds_total', 'counter', { a: 1, b: 1e308 })]);
    expect(total(ended)[0]?.values).toEqual(Float64Array.of(Infinity, Infinity));
  });
});
