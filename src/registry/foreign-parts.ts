import { InvalidDefinitionError } from '../core/errors.js';
import type { Exemplar } from '../core/exemplar.js';
import type { FamilyDescriptor, FamilySnapshot } from '../core/family-snapshot.js';

/** The sum or the count of a series, or the column of a bucket or quantile. */
export type MetricPart = 'sum' | 'count' | number;

interface Parts {
  /** By column: the cumulative count of a bucket, or the value of a quantile. */
  readonly values: (number | undefined)[];
  sum: number | undefined;
  count: number | undefined;
}

interface PlacedExemplar {
  readonly row: number;
  readonly column: number;
  readonly exemplar: Exemplar;
}

const ROWS_PER_PAUSE = 64;

/** The parts of a foreign histogram or summary in the order of its samples. Bounds get columns in the order of their first sample. */
export class PartTable {
  readonly series: Parts[] = [];
  readonly bounds: number[] = [];
  readonly exemplars: PlacedExemplar[] = [];
  private readonly columns = new Map<unknown, number>();

  constructor(private readonly metricName: string) {}

  /** Returns the column of a bound, given as a string or a number. */
  column(bound: string | number | undefined): number {
    let column = this.columns.get(bound);
    if (column === undefined) {
      const value = bound === '+Inf' ? Infinity : Number(bound);
      if (Number.isNaN(value)) {
        throw new InvalidDefinitionError(
          `Metric "${this.metricName}" has a bucket or quantile whose bound is not a number.`,
        );
      }
      const known = this.bounds.indexOf(value);
      column = known < 0 ? this.bounds.push(value) - 1 : known;
      this.columns.set(bound, column);
    }
    return column;
  }

  /** Returns false when the part has a value already. */
  set(row: number, part: MetricPart, value: number): boolean {
    if (row === this.series.length) {
      this.series.push({ values: [], sum: undefined, count: undefined });
    }
    const parts = this.series[row] as Parts;
    let known: number | undefined;
    if (typeof part === 'number') {
      known = parts.values[part];
      parts.values[part] = value;
    } else {
      known = parts[part];
      parts[part] = value;
    }
    return known === undefined;
  }

  setExemplar(row: number, column: number, exemplar: Exemplar | undefined): void {
    if (exemplar !== undefined) {
      this.exemplars.push({ row, column, exemplar });
    }
  }
}

type PartColumns = Omit<FamilySnapshot, 'labelRows' | 'constantLabels'>;

/** Returns a histogram's columns. Clients' bucket counts are cumulative; those of snapshots are not. */
export function* histogramColumns(
  descriptor: FamilyDescriptor,
  { series, bounds, exemplars }: PartTable,
): Generator<void, PartColumns> {
  const finite = sorted(bounds).filter((bound) => bound !== Infinity);
  const columns = [...finite, Infinity].map((bound) => bounds.indexOf(bound));
  const width = columns.length;
  const values = new Float64Array(series.length * width);
  for (let row = 0; row < series.length; row += 1) {
    const one = series[row] as Parts;
    let below = 0;
    for (let bucket = 0; bucket < width; bucket += 1) {
      const missing = bucket === width - 1 ? (one.count ?? 0) : below;
      const cumulative = one.values[columns[bucket] as number] ?? missing;
      values[row * width + bucket] = cumulative - below;
      below = cumulative;
    }
    if ((row + 1) % ROWS_PER_PAUSE === 0) {
      yield;
    }
  }
  const placed = exemplars.map(({ row, column, exemplar }): [number, Exemplar] => [
    row * width + columns.indexOf(column),
    exemplar,
  ]);
  return {
    descriptor: { ...descriptor, buckets: finite },
    values,
    sums: Float64Array.from(series, ({ sum = 0 }) => sum),
    exemplars: placed.length === 0 ? undefined : new Map(placed),
  };
}

/** Returns a summary's columns. */
export function* summaryColumns(
  descriptor: FamilyDescriptor,
  { series, bounds }: PartTable,
): Generator<void, PartColumns> {
  const quantiles = sorted(bounds);
  const columns = quantiles.map((quantile) => bounds.indexOf(quantile));
  const width = columns.length;
  const values = new Float64Array(series.length * width);
  for (let row = 0; row < series.length; row += 1) {
    const one = series[row] as Parts;
    for (let position = 0; position < width; position += 1) {
      values[row * width + position] = one.values[columns[position] as number] ?? Number.NaN;
    }
    if ((row + 1) % ROWS_PER_PAUSE === 0) {
      yield;
    }
  }
  return {
    descriptor: { ...descriptor, quantiles },
    values,
    sums: Float64Array.from(series, ({ sum = 0 }) => sum),
    counts: Float64Array.from(series, ({ count = 0 }) => count),
  };
}

function sorted(bounds: readonly number[]): number[] {
  return bounds.toSorted((one, other) => one - other);
}
