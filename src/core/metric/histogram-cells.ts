import { type NativeColumns, NativeColumnsBuilder } from '../native-columns.js';
import { Cells } from './cells.js';
import { NativeBuckets, type NativeLimits } from './native-buckets.js';

/**
 * The numbers of a histogram: of each series the sum, then the counts of the classic buckets, and its native buckets if the family has
 * them.
 */
export class HistogramCells extends Cells {
  /** By the position of the series. */
  private readonly native: NativeBuckets[] = [];

  /**
   * @param classicBuckets - the number of classic buckets, with `+Inf`
   * @param nativeLimits - `undefined` for a family without native buckets
   */
  constructor(
    classicBuckets: number,
    private readonly nativeLimits: NativeLimits | undefined,
  ) {
    super(1 + classicBuckets, true);
  }

  /** Returns the native buckets of the series at an offset; `undefined` when the family has none. */
  nativeAt(offset: number): NativeBuckets | undefined {
    if (this.nativeLimits === undefined) {
      return undefined;
    }
    const position = offset / this.width;
    return (this.native[position] ??= new NativeBuckets(this.nativeLimits));
  }

  override zero(offset: number): void {
    super.zero(offset);
    this.native[offset / this.width]?.clear();
  }

  override clear(): void {
    super.clear();
    this.native.length = 0;
  }

  /** Returns a copy of the native buckets of these series, in their order. */
  copyNative(series: readonly { readonly offset: number }[]): NativeColumns | undefined {
    if (this.nativeLimits === undefined) {
      return undefined;
    }
    const rows = series.map(({ offset }) => this.nativeAt(offset) as NativeBuckets);
    const buckets = rows.reduce((sum, { positive }) => sum + positive.length, 0);
    const builder = new NativeColumnsBuilder(this.nativeLimits.maxBuckets, rows.length, buckets);
    rows.forEach((row) => builder.add(row));
    return builder.finish();
  }
}
