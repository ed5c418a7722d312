import type { Expression } from '../expression.js';

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
