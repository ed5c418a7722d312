import {
  coarserIndex,
  finestIndex,
  lastIndexOfZero,
  MAX_SCHEMA,
  MIN_SCHEMA,
  MIN_ZERO_EXPONENT,
  ZERO_EXPONENT_STEP,
} from '../exponential-buckets.js';
import type { NativeRow, SparseRow } from '../native-columns.js';
import { SparseCounts } from './sparse-counts.js';

/** The limit of native histograms. It is read when a bucket is added, since families exist before the options are known. */
export interface NativeLimits {
  /** The number of populated buckets of a series, at least 2, without the zero bucket. */
  readonly maxBuckets: number;
}

/**
 * The native histogram of one series: exponential buckets, of which only the populated ones take memory.
 *
 * It begins with the highest resolution. When an observation needs a bucket more than `maxBuckets`, the resolution is halved until
 * they are few enough, and does not rise again. In the lowest resolution, the zero bucket takes the smallest bucket. No observation is
 * lost, and nothing is reset.
 */
export class NativeBuckets implements NativeRow {
  schema = MAX_SCHEMA;
  zeroExponent = MIN_ZERO_EXPONENT;
  zeroCount = 0;
  readonly positive = new SparseCounts();
  readonly negative = new SparseCounts();
  private zeroThreshold = 2 ** MIN_ZERO_EXPONENT;
  /* As in `coarserIndex()`, from the highest resolution to the present one. */
  private steps = 0;
  private roundingUp = 0;

  constructor(private readonly limits: NativeLimits) {}

  /** Counts a finite number. */
  observe(value: number): void {
    const magnitude = Math.abs(value);
    if (magnitude <= this.zeroThreshold) {
      this.zeroCount += 1;
      return;
    }
    const index = (finestIndex(magnitude) + this.roundingUp) >> this.steps;
    const buckets = value > 0 ? this.positive : this.negative;
    if (!buckets.increase(index, 1)) {
      buckets.insert(index, 1);
      this.limit();
    }
  }

  /** Adds the counts of another series. The lower resolution and the higher threshold of both remain. */
  add(other: NativeRow): void {
    if (other.zeroCount === 0 && other.positive.length === 0 && other.negative.length === 0) {
      // A resolution without observations has no meaning.
      return;
    }
    this.lowerSchema(other.schema);
    this.widenZero(other.zeroExponent);
    this.zeroCount += other.zeroCount;
    this.addSparse(this.positive, other.positive, other.schema);
    this.addSparse(this.negative, other.negative, other.schema);
    this.limit();
  }

  /** Removes all observations. */
  clear(): void {
    this.setSchema(MAX_SCHEMA);
    this.zeroExponent = MIN_ZERO_EXPONENT;
    this.zeroThreshold = 2 ** MIN_ZERO_EXPONENT;
    this.zeroCount = 0;
    this.positive.clear();
    this.negative.clear();
  }

  private addSparse(buckets: SparseCounts, { indexes, counts, length }: SparseRow, schema: number): void {
    const steps = schema - this.schema;
    const lastOfZero = lastIndexOfZero(this.zeroExponent, this.schema);
    for (let position = 0; position < length; position += 1) {
      const index = coarserIndex(indexes[position] as number, steps);
      const count = counts[position] as number;
      if (index <= lastOfZero) {
        this.zeroCount += count;
      } else if (!buckets.increase(index, count)) {
        buckets.insert(index, count);
      }
    }
  }

  private limit(): void {
    while (this.positive.length + this.negative.length > this.limits.maxBuckets) {
      if (this.schema > MIN_SCHEMA) {
        this.lowerSchema(this.schema - 1);
      } else {
        this.widenZero(this.smallestIndex() * ZERO_EXPONENT_STEP);
      }
    }
  }

  private lowerSchema(schema: number): void {
    if (schema < this.schema) {
      this.positive.coarsen(this.schema - schema);
      this.negative.coarsen(this.schema - schema);
      this.setSchema(schema);
    }
  }

  private setSchema(schema: number): void {
    this.schema = schema;
    this.steps = MAX_SCHEMA - schema;
    this.roundingUp = (1 << this.steps) - 1;
  }

  private widenZero(zeroExponent: number): void {
    if (zeroExponent > this.zeroExponent) {
      this.zeroExponent = zeroExponent;
      this.zeroThreshold = 2 ** zeroExponent;
      const last = lastIndexOfZero(zeroExponent, this.schema);
      this.zeroCount += this.positive.removeUpTo(last) + this.negative.removeUpTo(last);
    }
  }

  /** For the lowest schema, where the upper bound of bucket `i` is 2^(16 i). */
  private smallestIndex(): number {
    const [positive = Infinity] = this.positive.indexes.subarray(0, this.positive.length);
    const [negative = Infinity] = this.negative.indexes.subarray(0, this.negative.length);
    return Math.min(positive, negative);
  }
}
