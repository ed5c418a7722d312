import type { Aggregation } from '../../core/family-definition.js';

/** One snapshot's numbers, `width` per row, and the position of each row in the merged snapshot. */
export interface PlacedColumn {
  readonly column: Float64Array;
  readonly positions: Int32Array;
}

/** The aggregations that need the values only. */
type Combination = Exclude<Aggregation, 'ratio' | 'omit'>;

const COMBINE: Readonly<Record<Combination, (combined: number, value: number) => number>> = {
  sum: (combined, value) => combined + value,
  // The sum is divided at the end.
  average: (combined, value) => combined + value,
  min: Math.min,
  max: Math.max,
  once: (combined) => combined,
};

/** Returns one column of `rows` rows from several columns. */
export function combineColumns(
  aggregation: Combination,
  rows: number,
  width: number,
  columns: readonly PlacedColumn[],
): Float64Array {
  return aggregation === 'sum'
    ? addColumns(rows, width, columns)
    : combineOthers(aggregation, rows, width, columns);
}

/** Sums, and the rounding error of each. */
interface ExactSums {
  readonly sums: Float64Array;
  readonly rests: Float64Array;
}

/**
 * Adds with twice the digits (Knuth's TwoSum). Rounding depends on the order of addition, which changes when a process ends. A sum
 * that falls by its last digit looks like a counter reset to Prometheus, which then counts everything twice.
 */
function addExactly(rows: number, width: number, columns: readonly PlacedColumn[]): ExactSums {
  const sums = new Float64Array(rows * width);
  const rests = new Float64Array(rows * width);
  for (const { column, positions } of columns) {
    for (let row = 0; row < positions.length; row += 1) {
      const to = (positions[row] as number) * width;
      for (let part = to; part < to + width; part += 1) {
        const value = column[row * width + part - to] as number;
        const before = sums[part] as number;
        const sum = before + value;
        const added = sum - before;
        (rests[part] as number) += before - (sum - added) + (value - added);
        sums[part] = sum;
      }
    }
  }
  return { sums, rests };
}

function addColumns(rows: number, width: number, columns: readonly PlacedColumn[]): Float64Array {
  const { sums, rests } = addExactly(rows, width, columns);
  for (let index = 0; index < sums.length; index += 1) {
    // An infinite sum has no rounding error.
    if (Number.isFinite(rests[index])) {
      (sums[index] as number) += rests[index] as number;
    }
  }
  return sums;
}

/** Returns the rounding errors of the sums of {@link combineColumns}. */
export function roundedOff(rows: number, width: number, columns: readonly PlacedColumn[]): Float64Array {
  const { sums, rests } = addExactly(rows, width, columns);
  return rests.map((rest, index) => {
    const sum = sums[index] as number;
    const missing = sum - (sum + rest) + rest;
    return Number.isFinite(missing) ? missing : 0;
  });
}

function combineOthers(
  aggregation: Combination,
  rows: number,
  width: number,
  columns: readonly PlacedColumn[],
): Float64Array {
  const combine = COMBINE[aggregation];
  const combined = new Float64Array(rows * width);
  const seen = new Uint32Array(rows);
  for (const { column, positions } of columns) {
    positions.forEach((position, row) => {
      const isFirst = seen[position] === 0;
      (seen[position] as number) += 1;
      for (let part = 0; part < width; part += 1) {
        const value = column[row * width + part] as number;
        const to = position * width + part;
        combined[to] = isFirst ? value : combine(combined[to] as number, value);
      }
    });
  }
  return aggregation === 'average'
    ? combined.map((value, index) => value / (seen[Math.floor(index / width)] as number))
    : combined;
}

/** Quantiles cannot be combined: a series keeps those of one process, and has NaN when several processes have it. */
export function combineQuantiles(
  rows: number,
  width: number,
  columns: readonly PlacedColumn[],
): Float64Array {
  const combined = new Float64Array(rows * width).fill(Number.NaN);
  const seen = new Uint32Array(rows * width);
  for (const { column, positions } of columns) {
    column.forEach((value, index) => {
      if (!Number.isNaN(value)) {
        const to = (positions[Math.floor(index / width)] as number) * width + (index % width);
        combined[to] = seen[to] === 0 ? value : Number.NaN;
        (seen[to] as number) += 1;
      }
    });
  }
  return combined;
}
