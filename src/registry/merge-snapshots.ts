import type { Aggregation } from '../core/family-definition.js';
import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';

const COMBINE: Readonly<Record<Aggregation, (merged: number, value: number) => number>> = {
  sum: (merged, value) => merged + value,
  min: Math.min,
  max: Math.max,
  once: (merged) => merged,
  // Between processes; no collector's family has these.
  average: (merged) => merged,
  omit: (merged) => merged,
  // Collectors of one process share the sums, and the first of them tells the ratio.
  ratio: (merged) => merged,
};

/** One snapshot of a counter or gauge from several: series with equal labels are combined by `aggregation`. */
export function mergeScalarSnapshots(
  descriptor: FamilyDescriptor,
  aggregation: Aggregation,
  snapshots: readonly FamilySnapshot[],
): FamilySnapshot {
  const [first] = snapshots;
  if (aggregation === 'ratio' && first !== undefined) {
    return { ...first, descriptor };
  }
  const combine = COMBINE[aggregation];
  const merged = new Map<string, { readonly row: LabelRow; value: number }>();
  for (const { labelRows, values } of snapshots) {
    labelRows.forEach((row, index) => {
      const key = JSON.stringify(row);
      const value = values[index] as number;
      const series = merged.get(key);
      if (series === undefined) {
        merged.set(key, { row, value });
      } else {
        series.value = combine(series.value, value);
      }
    });
  }
  const series = [...merged.values()];
  return {
    descriptor,
    labelRows: series.map(({ row }) => row),
    values: Float64Array.from(series, ({ value }) => value),
  };
}
