import type { LocalMetrics } from '../../../src/cluster/local-source.js';
import type { Aggregation } from '../../../src/core/family-definition.js';
import type { FamilySnapshot, SnapshotType } from '../../../src/core/family-snapshot.js';
import { samplesOf } from '../../../src/core/samples.js';
import { seriesKey } from '../../support/parse-exposition.js';

/** A counter or gauge with the label `x`. */
export function scalar(
  name: string,
  type: SnapshotType,
  values: Readonly<Record<string, number>>,
  aggregation?: Aggregation,
): FamilySnapshot {
  return {
    descriptor: { name, type, help: name, labelNames: ['x'], ...(aggregation && { aggregation }) },
    labelRows: Object.keys(values).map((x) => [x]),
    values: Float64Array.from(Object.values(values)),
  };
}

/** What a process has that counts one thing. */
export function local(name: string, count: () => number): LocalMetrics {
  return { gather: async () => [scalar(name, 'counter', { a: count() })], has: () => true };
}

/** A histogram without labels; the last of `counts` is that of +Inf. */
export function distribution(
  name: string,
  buckets: readonly number[],
  counts: readonly number[],
  sum: number,
): FamilySnapshot {
  return {
    descriptor: { name, type: 'histogram', help: name, labelNames: [], buckets },
    labelRows: [[]],
    values: Float64Array.from(counts),
    sums: Float64Array.of(sum),
  };
}

/** The samples of all, as an exposition would have them. */
export function samples(families: readonly FamilySnapshot[]): Record<string, number> {
  return Object.fromEntries(
    families.flatMap(samplesOf).map(({ name, labels, value }) => [seriesKey(name, labels), value]),
  );
}
