import type { StoredSample, StoredSeries } from './prometheus-server.js';

/**
 * `rate()` of one series from its stored samples, by Prometheus' own definition: the increase between the first and
 * the last sample, counter resets added, extrapolated towards the ends of the range: all the way when the end is
 * about an interval away, half an interval otherwise, and never below zero (`extrapolatedRate` in promql/functions.go).
 */
export function rateOf(samples: readonly StoredSample[], rangeSeconds: number, atSeconds: number): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 2) return Number.NaN;

  const increase = samples.reduce((sum, { value }, index) => {
    const previous = samples[index - 1]?.value ?? value;
    return sum + (value < previous ? value : value - previous);
  }, 0);
  const sampledSeconds = last.timeSeconds - first.timeSeconds;
  const intervalSeconds = sampledSeconds / (samples.length - 1);
  const towards = (endSeconds: number): number =>
    endSeconds < intervalSeconds * 1.1 ? endSeconds : intervalSeconds / 2;

  const sinceStart = first.timeSeconds - (atSeconds - rangeSeconds);
  const sinceZero = increase > 0 ? sampledSeconds * (first.value / increase) : Infinity;
  const extrapolatedSeconds =
    sampledSeconds + towards(Math.min(sinceStart, sinceZero)) + towards(atSeconds - last.timeSeconds);
  return (increase * extrapolatedSeconds) / sampledSeconds / rangeSeconds;
}

/** The sum of the rates of all series that match. */
export function sumOfRates(
  series: readonly StoredSeries[],
  rangeSeconds: number,
  atSeconds: number,
  matches: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number {
  return series
    .filter(({ metric }) => matches(metric))
    .reduce((sum, { samples }) => sum + rateOf(samples, rangeSeconds, atSeconds), 0);
}

export interface BucketRate {
  readonly le: number;
  readonly rate: number;
}

/** `histogram_quantile()` of cumulative buckets: linear within the bucket in which the quantile lies. */
export function quantileOf(quantile: number, buckets: readonly BucketRate[]): number {
  const sorted = buckets.toSorted((one, other) => one.le - other.le);
  const rank = quantile * (sorted.at(-1)?.rate ?? Number.NaN);
  const index = sorted.findIndex(({ rate }) => rate >= rank);
  const bucket = sorted[index];
  const below = sorted[index - 1] ?? { le: 0, rate: 0 };
  if (bucket === undefined) return Number.NaN;
  if (bucket.le === Infinity) return below.le;
  return below.le + (bucket.le - below.le) * ((rank - below.rate) / (bucket.rate - below.rate));
}
