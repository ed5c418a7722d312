import type { FamilySnapshot } from '../../core/family-snapshot.js';
import { type NativeColumns, NativeColumnsBuilder, nativeRow } from '../../core/native-columns.js';
import { NativeBuckets } from '../../core/metric/native-buckets.js';

/**
 * Adds the native histograms of several snapshots. Each series gets the lowest resolution and the highest zero threshold that its
 * observations have anywhere.
 *
 * @param positions - of each snapshot's series in the result
 * @returns `undefined` when a snapshot with series has none: the buckets would have fewer observations than the series
 */
export function mergeNative(
  inputs: readonly FamilySnapshot[],
  positions: readonly Int32Array[],
  rows: number,
): NativeColumns | undefined {
  const native = inputs.flatMap((input) => input.native ?? []);
  const isComplete = inputs.every((input) => input.native !== undefined || input.labelRows.length === 0);
  if (native.length === 0 || !isComplete) {
    return undefined;
  }
  const maxBuckets = Math.max(...native.map((columns) => columns.maxBuckets));
  const sources = sourcesOfRows(inputs, positions, rows);
  const builder = new NativeColumnsBuilder(maxBuckets, rows);
  const sum = new NativeBuckets({ maxBuckets });
  for (const source of sources) {
    if (source.length === 1) {
      const [{ columns, row }] = source as [RowSource];
      builder.add(nativeRow(columns, row));
    } else {
      sum.clear();
      source.forEach(({ columns, row }) => sum.add(nativeRow(columns, row)));
      builder.add(sum);
    }
  }
  return builder.finish();
}

interface RowSource {
  readonly columns: NativeColumns;
  readonly row: number;
}

/** Returns, for each series of the result, where its parts are. */
function sourcesOfRows(
  inputs: readonly FamilySnapshot[],
  positions: readonly Int32Array[],
  rows: number,
): readonly (readonly RowSource[])[] {
  const sources = Array.from({ length: rows }, (): RowSource[] => []);
  inputs.forEach(({ native: columns }, input) => {
    if (columns !== undefined) {
      (positions[input] as Int32Array).forEach((position, row) =>
        (sources[position] as RowSource[]).push({ columns, row }),
      );
    }
  });
  return sources;
}

/** Returns native histograms without observations, which change no sum. */
export function emptyNative({ maxBuckets }: NativeColumns, rows: number): NativeColumns {
  const builder = new NativeColumnsBuilder(maxBuckets, rows);
  const empty = new NativeBuckets({ maxBuckets });
  for (let row = 0; row < rows; row += 1) {
    builder.add(empty);
  }
  return builder.finish();
}
