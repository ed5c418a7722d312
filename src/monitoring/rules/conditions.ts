import type { Expression } from '../expression.js';
import type { HistogramQuery } from '../native-histograms.js';
import { percentile } from '../percentile.js';

/**
 * A share of events that is too high. In quiet traffic a single failure is a high share, so there must also have been some of them:
 * five in ten minutes, which a service with a request every two minutes reaches when all of them fail.
 */
export function failingShare(
  failed: Expression,
  all: Expression,
  { by, above }: { readonly by: string; readonly above: number },
): Expression {
  return [
    `sum by (${by}) (rate(${failed}[5m]))`,
    `/ sum by (${by}) (rate(${all}[5m])) > ${above}`,
    `and sum by (${by}) (increase(${failed}[10m])) >= 5`,
  ].join('\n');
}

/**
 * A 99th percentile of durations that is too high. In quiet traffic a single slow event is one in a hundred, so there must also have been
 * five of them in ten minutes, as for {@link failingShare}.
 *
 * @param bounds - upper bounds of the family's buckets
 * @param seconds - longer events are slow. A percentile is never above the highest bound: where that is lower, reaching it is slow
 */
export function tooSlow(
  family: string,
  {
    by,
    bounds,
    seconds,
  }: { readonly by: string; readonly bounds: readonly number[]; readonly seconds: number },
): HistogramQuery {
  const highest = Math.max(...bounds);
  const isAbove = highest > seconds ? `> ${seconds}` : `>= ${highest}`;
  const limit = Math.min(seconds, highest);
  const counted = bounds.filter((bound) => bound <= limit).at(-1);
  const rest = `sum by (${by}) (increase(#${family}_count[10m]))`;
  const quick = `sum by (${by}) (increase(#${family}_bucket{le=~"${boundLabels(counted ?? 0)}"}[10m]))`;
  const native = `sum by (${by}) (increase(#${family}[10m]))`;
  return {
    expr: [
      `${percentile(0.99, family, by.split(', '))} ${isAbove}`,
      `and ${counted === undefined ? rest : `${rest}\n  - ${quick}`} >= 5`,
    ].join('\n'),
    native: () =>
      [
        `histogram_quantile(0.99, sum by (${by}) (rate(#${family}[5m]))) ${isAbove}`,
        `and (1 - histogram_fraction(0, ${limit}, ${native}))`,
        `  * histogram_count(${native}) >= 5`,
      ].join('\n'),
  };
}

/** A pattern for the label `le`. Prometheus 3 and OpenMetrics write whole numbers as 1.0, the text format as 1. */
function boundLabels(bound: number): string {
  return Number.isInteger(bound) ? `${bound}|${bound}[.]0` : String(bound).replace('.', '[.]');
}

/** Ranges of {@link rise} in seconds: PromQL compares times, and has no arithmetic of durations. */
const SECONDS = { '10m': 600, '1h': 3600 } as const;

/**
 * A rise of a counter whose labels cannot be known in advance. Such a series begins with its first value, which `increase()` does not
 * see, as it needs a sample before the rise. A series is new only if Prometheus scraped the target before without finding it, or the
 * process itself is new: otherwise the series was missed, as in a gap between scrapes or before Prometheus was there.
 */
export function rise(counter: Expression, range: keyof typeof SECONDS, least: number): Expression {
  return [
    `increase(${counter}[${range}]) >= ${least}`,
    `or ${counter} >= ${least} unless ${counter} offset ${range}`,
    'and on (job, instance) (',
    `  @up offset ${range} == 1 or #process_start_time_seconds > time() - ${SECONDS[range]}`,
    ')',
  ].join('\n');
}
