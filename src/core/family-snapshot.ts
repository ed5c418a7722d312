import type { Exemplar } from './exemplar.js';
import type { Aggregation } from './family-definition.js';
import type { NativeColumns } from './native-columns.js';

/** The metric types of an exposition: ours and those of foreign metrics. */
export type SnapshotType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** The properties that all series of a snapshot share. */
export interface FamilyDescriptor {
  /** The full name, as exported. */
  readonly name: string;
  readonly help: string;
  readonly type: SnapshotType;
  readonly labelNames: readonly string[];
  /** Upper bounds without `+Inf`; only for histograms. */
  readonly buckets?: readonly number[];
  /** Quantiles; only for summaries. */
  readonly quantiles?: readonly number[];
  /** How the values of several processes are combined. @defaultValue `'sum'` */
  readonly aggregation?: Aggregation;
}

/** One value per label name; `undefined` where the series lacks that label (foreign metrics only). */
export type LabelRow = readonly (string | undefined)[];

/** Returns a string that differs for different rows: each value comes after its length. */
export function rowKey(row: LabelRow): string {
  let key = '';
  for (const value of row) {
    key += value === undefined ? '-' : `${value.length}:${value}`;
  }
  return key;
}

/**
 * All series of one family at one moment, in columns: row `i` of every column belongs to `labelRows[i]`.
 * Families and collectors produce snapshots, formats write them, the cluster merges them.
 */
export interface FamilySnapshot {
  readonly descriptor: FamilyDescriptor;
  /** Labels of every series. A series' own label of the same name takes precedence. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  readonly labelRows: readonly LabelRow[];
  /**
   * Counter, gauge, untyped: one value per row. Histogram: `buckets.length + 1` counts per row, *not* cumulative, the
   * last for `+Inf`. Summary: one value per quantile and row.
   */
  readonly values: Float64Array;
  /** Histograms and summaries: the sum of each row's observations. Ratios: the dividends. */
  readonly sums?: Float64Array;
  /** Summaries: the number of each row's observations (a histogram's is the total of its buckets). Ratios: the divisors. */
  readonly counts?: Float64Array;
  /** Exemplars by the index of their value in `values`. */
  readonly exemplars?: ReadonlyMap<number, Exemplar> | undefined;
  /** Counters and histograms: when each row began at 0, in Unix seconds; `NaN` where that is not known. */
  readonly created?: Float64Array;
  /** Histograms: the same observations in exponential buckets. */
  readonly native?: NativeColumns;
}

/** Suffixes of the sample names of a histogram or summary. */
export const PART_SUFFIXES = ['_bucket', '_sum', '_count'] as const;

/** Whether the samples of a family of this type have other names than the family. */
export function hasParts(type: unknown): boolean {
  return type === 'histogram' || type === 'summary';
}

/** By type, the label that only its samples have. */
export const PART_LABELS: Readonly<Partial<Record<SnapshotType, string>>> = {
  histogram: 'le',
  summary: 'quantile',
};

/** Returns how many numbers a series has in the column `values`. */
export function widthOf({ descriptor }: Pick<FamilySnapshot, 'descriptor'>): number {
  const { type, buckets = [], quantiles = [] } = descriptor;
  return type === 'histogram' ? buckets.length + 1 : type === 'summary' ? quantiles.length : 1;
}

/** Returns the snapshot of a family whose series have one number each. */
export function scalarSnapshot(
  descriptor: FamilyDescriptor,
  series: readonly { readonly labelRow: LabelRow; readonly value: number }[],
): FamilySnapshot {
  return {
    descriptor,
    labelRows: series.map(({ labelRow }) => labelRow),
    values: Float64Array.from(series, ({ value }) => value),
  };
}

/** Whether two descriptors have equal contents. */
export function isSameDescriptor(one: FamilyDescriptor, other: FamilyDescriptor): boolean {
  return (
    one.name === other.name &&
    one.help === other.help &&
    one.type === other.type &&
    one.aggregation === other.aggregation &&
    isSameList(one.labelNames, other.labelNames) &&
    isSameList(one.buckets ?? [], other.buckets ?? []) &&
    isSameList(one.quantiles ?? [], other.quantiles ?? [])
  );
}

export function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
