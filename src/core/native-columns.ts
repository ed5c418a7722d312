/** The allowed limits of populated buckets of a series. */
export const FEWEST_NATIVE_BUCKETS = 2;
export const MOST_NATIVE_BUCKETS = 10_000;

/** The populated exponential buckets of one sign, of all series of a family. */
export interface SparseColumns {
  /** One more than there are series: the buckets of series `i` are at `starts[i]` and up to, not including, `starts[i + 1]`. */
  readonly starts: Uint32Array;
  /** The indexes of the buckets, in rising order for each series. */
  readonly indexes: Int32Array;
  /** The counts, not cumulative. */
  readonly counts: Float64Array;
}

/** The native histograms of all series of a family, in columns. Their sums and counts are those of the classic histograms. */
export interface NativeColumns {
  /** The limit of populated buckets of each series. */
  readonly maxBuckets: number;
  /** The resolutions: a schema has 2^schema buckets for each power of two. */
  readonly schemas: Int32Array;
  /** The thresholds of the zero buckets, as powers of two. */
  readonly zeroExponents: Int32Array;
  /** The numbers of observations whose magnitudes are at most the threshold. */
  readonly zeroCounts: Float64Array;
  readonly positive: SparseColumns;
  /** The buckets of negative observations, by their magnitudes. */
  readonly negative: SparseColumns;
}

/** The exponential buckets of one series and sign: the first `length` elements. */
export interface SparseRow {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
  readonly length: number;
}

/** The native histogram of one series. */
export interface NativeRow {
  readonly schema: number;
  readonly zeroExponent: number;
  readonly zeroCount: number;
  readonly positive: SparseRow;
  readonly negative: SparseRow;
}

/** Collects the native histograms of series, one after the other. */
export class NativeColumnsBuilder {
  private readonly schemas: Int32Array;
  private readonly zeroExponents: Int32Array;
  private readonly zeroCounts: Float64Array;
  private readonly positive: SparseColumnsBuilder;
  private readonly negative: SparseColumnsBuilder;
  private rows = 0;

  /**
   * @param rows - the number of series
   * @param buckets - the expected number of positive buckets of all series
   */
  constructor(
    private readonly maxBuckets: number,
    rows: number,
    buckets = 0,
  ) {
    this.schemas = new Int32Array(rows);
    this.zeroExponents = new Int32Array(rows);
    this.zeroCounts = new Float64Array(rows);
    this.positive = new SparseColumnsBuilder(rows, buckets);
    this.negative = new SparseColumnsBuilder(rows, 0);
  }

  add({ schema, zeroExponent, zeroCount, positive, negative }: NativeRow): void {
    this.schemas[this.rows] = schema;
    this.zeroExponents[this.rows] = zeroExponent;
    this.zeroCounts[this.rows] = zeroCount;
    this.rows += 1;
    this.positive.add(positive);
    this.negative.add(negative);
  }

  finish(): NativeColumns {
    return {
      maxBuckets: this.maxBuckets,
      schemas: this.schemas,
      zeroExponents: this.zeroExponents,
      zeroCounts: this.zeroCounts,
      positive: this.positive.finish(),
      negative: this.negative.finish(),
    };
  }
}

class SparseColumnsBuilder {
  private readonly starts: Uint32Array;
  private indexes: Int32Array;
  private counts: Float64Array;
  private rows = 0;
  private end = 0;

  constructor(rows: number, buckets: number) {
    this.starts = new Uint32Array(rows + 1);
    this.indexes = new Int32Array(buckets);
    this.counts = new Float64Array(buckets);
  }

  add({ indexes, counts, length }: SparseRow): void {
    const start = this.end;
    this.end += length;
    if (this.end > this.indexes.length) {
      this.grow();
    }
    if (length > 0) {
      this.indexes.set(indexes.subarray(0, length), start);
      this.counts.set(counts.subarray(0, length), start);
    }
    this.rows += 1;
    this.starts[this.rows] = this.end;
  }

  finish(): SparseColumns {
    return {
      starts: this.starts,
      indexes: this.indexes.subarray(0, this.end),
      counts: this.counts.subarray(0, this.end),
    };
  }

  private grow(): void {
    const { indexes, counts } = this;
    this.indexes = new Int32Array(this.end * 2);
    this.indexes.set(indexes);
    this.counts = new Float64Array(this.end * 2);
    this.counts.set(counts);
  }
}

/** Returns the native histogram of one series, as a view of the columns. */
export function nativeRow(columns: NativeColumns, row: number): NativeRow {
  return {
    schema: columns.schemas[row] as number,
    zeroExponent: columns.zeroExponents[row] as number,
    zeroCount: columns.zeroCounts[row] as number,
    positive: sparseRow(columns.positive, row),
    negative: sparseRow(columns.negative, row),
  };
}

function sparseRow({ starts, indexes, counts }: SparseColumns, row: number): SparseRow {
  const start = starts[row] as number;
  const end = starts[row + 1] as number;
  return { indexes: indexes.subarray(start, end), counts: counts.subarray(start, end), length: end - start };
}

/** Returns the native histograms of the first series. */
export function firstNativeRows(columns: NativeColumns, rows: number): NativeColumns {
  const builder = new NativeColumnsBuilder(columns.maxBuckets, rows);
  for (let row = 0; row < rows; row += 1) {
    builder.add(nativeRow(columns, row));
  }
  return builder.finish();
}
