/** The counts of a histogram's buckets, not cumulative, the last one for `+Inf`. */
export interface BucketCounts {
  /** Upper bounds in rising order, without `+Inf`. */
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
}

/** Returns the number of observations. */
export function countOf({ counts }: BucketCounts): number {
  let sum = 0;
  for (const count of counts) {
    sum += count;
  }
  return sum;
}

/**
 * Estimates a quantile as Prometheus' `histogram_quantile()` does: linear within a bucket, the highest bound for observations above
 * it. `NaN` without observations.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantileOf(quantile: number, buckets: BucketCounts): number {
  const { bounds, counts } = buckets;
  const total = countOf(buckets);
  if (!(total > 0)) {
    return Number.NaN;
  }
  const rank = quantile * total;
  let below = 0;
  for (const [index, upper] of bounds.entries()) {
    const inBucket = counts[index] as number;
    if (below + inBucket >= rank && inBucket > 0) {
      const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] as number);
      return lower + (upper - lower) * ((rank - below) / inBucket);
    }
    below += inBucket;
  }
  return bounds.at(-1) ?? Number.NaN;
}
