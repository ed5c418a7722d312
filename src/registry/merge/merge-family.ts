import type { Aggregation } from '../../core/family-definition.js';
import type { Exemplar } from '../../core/exemplar.js';
import { type FamilySnapshot, widthOf } from '../../core/family-snapshot.js';
import { combineColumns, combineQuantiles, roundedOff, type PlacedColumn } from './combine-columns.js';
import { emptyNative, mergeNative } from './merge-native.js';
import type { RowUnion } from './row-union.js';

/** Returns a key of what two snapshots must have in common to be combined. */
export function layoutOf({ descriptor, native }: Pick<FamilySnapshot, 'descriptor' | 'native'>): string {
  const { type, buckets, quantiles } = descriptor;
  return JSON.stringify([type, buckets ?? [], quantiles ?? [], native !== undefined], (_, value: unknown) =>
    value === Infinity ? '+Inf' : value,
  );
}

/** Returns one snapshot of several with the same layout. Series with equal labels are combined by `aggregation`. */
export function mergeFamily(
  inputs: readonly FamilySnapshot[],
  union: RowUnion,
  aggregation: Aggregation = union.descriptor.aggregation ?? 'sum',
): FamilySnapshot {
  const { descriptor, constantLabels, labelRows, positions } = union;
  const rows = labelRows.length;
  const width = widthOf({ descriptor });
  const { values, sums, counts } = placedColumns(inputs, positions);
  const added = (columns: PlacedColumn[]): Float64Array => combineColumns('sum', rows, 1, columns);
  const exemplars = latestExemplars(inputs, union, width);
  const created = earliest(inputs, positions, rows);
  const base = { descriptor, constantLabels, labelRows, exemplars, ...(created && { created }) };
  const rule = aggregation === 'omit' || aggregation === 'ratio' ? 'average' : aggregation;
  switch (descriptor.type) {
    case 'histogram': {
      const native = rule === 'sum' ? mergeNative(inputs, positions, rows) : undefined;
      return {
        ...base,
        values: combineColumns(rule, rows, width, values),
        sums: combineColumns(rule, rows, 1, sums),
        ...(native && { native }),
      };
    }
    case 'summary':
      return {
        ...base,
        values:
          rule === 'sum' ? combineQuantiles(rows, width, values) : combineColumns(rule, rows, width, values),
        sums: added(sums),
        counts: added(counts),
      };
    default:
      // When one process does not know the sums, the average remains.
      return aggregation === 'ratio' && sums.length === inputs.length && counts.length === inputs.length
        ? { ...base, ...ratio(added(sums), added(counts)) }
        : { ...base, values: combineColumns(rule, rows, 1, values) };
  }
}

/** Returns the rounding errors of the sums of {@link mergeFamily}, as one more snapshot to add. */
export function mergeRoundedOff(inputs: readonly FamilySnapshot[], union: RowUnion): FamilySnapshot {
  const { descriptor, constantLabels, labelRows, positions } = union;
  const rows = labelRows.length;
  const { values, sums, counts } = placedColumns(inputs, positions);
  const native = inputs.find((input) => input.native !== undefined)?.native;
  const width = widthOf({ descriptor });
  return {
    descriptor,
    constantLabels,
    labelRows,
    values:
      descriptor.type === 'summary'
        ? new Float64Array(rows * width).fill(Number.NaN)
        : roundedOff(rows, width, values),
    ...(sums.length > 0 && { sums: roundedOff(rows, 1, sums) }),
    ...(counts.length > 0 && { counts: roundedOff(rows, 1, counts) }),
    // Counts of native buckets are whole numbers: nothing is rounded off.
    ...(native && { native: emptyNative(native, rows) }),
  };
}

/** Returns when the first part of each series began at 0: a sum continues when another part joins it. */
function earliest(
  inputs: readonly FamilySnapshot[],
  positions: readonly Int32Array[],
  rows: number,
): Float64Array | undefined {
  if (inputs.every(({ created }) => created === undefined)) {
    return undefined;
  }
  const first = new Float64Array(rows).fill(Number.NaN);
  inputs.forEach(({ created }, input) => {
    created?.forEach((seconds, row) => {
      const to = (positions[input] as Int32Array)[row] as number;
      if (!((first[to] as number) <= seconds)) {
        first[to] = Number.isNaN(seconds) ? (first[to] as number) : seconds;
      }
    });
  });
  return first;
}

function placedColumns(inputs: readonly FamilySnapshot[], positions: readonly Int32Array[]) {
  const placed = (read: (input: FamilySnapshot) => Float64Array | undefined): PlacedColumn[] =>
    inputs.flatMap((input, index) => {
      const column = read(input);
      return column === undefined ? [] : [{ column, positions: positions[index] as Int32Array }];
    });
  return {
    values: placed((input) => input.values),
    sums: placed((input) => input.sums),
    counts: placed((input) => input.counts),
  };
}

function ratio(
  sums: Float64Array,
  counts: Float64Array,
): Pick<Required<FamilySnapshot>, 'values' | 'sums' | 'counts'> {
  const values = sums.map((sum, row) => (counts[row] === 0 ? 0 : sum / (counts[row] as number)));
  return { values, sums, counts };
}

function latestExemplars(
  inputs: readonly FamilySnapshot[],
  { positions }: RowUnion,
  width: number,
): ReadonlyMap<number, Exemplar> | undefined {
  const latest = new Map<number, Exemplar>();
  inputs.forEach(({ exemplars }, input) => {
    exemplars?.forEach((exemplar, index) => {
      const row = (positions[input] as Int32Array)[Math.floor(index / width)];
      const to = (row as number) * width + (index % width);
      if (exemplar.timestampSeconds >= (latest.get(to)?.timestampSeconds ?? -Infinity)) {
        latest.set(to, exemplar);
      }
    });
  });
  return latest.size === 0 ? undefined : latest;
}
