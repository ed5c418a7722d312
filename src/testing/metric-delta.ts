import type { SampleLabels } from '../service/sample-value.js';
import type { MetricsSource } from './metrics-source.js';
import { readMetric } from './read-metric.js';
import { realDelay, SETTLE_MS } from './real-delay.js';

/**
 * By how much one sample changed around `action`. A sample that is absent counts as 0. Looks once, 30 ms after the
 * action's end; where a certain change is expected, `assertMetricDelta()` waits for it.
 *
 * @throws `HyperMetricsError` when there are no metrics in `source`; whatever the action throws or rejects with.
 * @example await metricDelta(app, 'orders_total', { plan: 'basic' }, () => orders.place('basic'))
 */
export function metricDelta(source: MetricsSource, name: string, action: () => unknown): Promise<number>;
export function metricDelta(
  source: MetricsSource,
  name: string,
  labels: SampleLabels,
  action: () => unknown,
): Promise<number>;
export async function metricDelta(
  source: MetricsSource,
  name: string,
  ...rest: [action: () => unknown] | [labels: SampleLabels, action: () => unknown]
): Promise<number> {
  const [labels, action] = rest.length === 1 ? [{}, rest[0]] : rest;
  const before = await readMetric(source, name, labels);
  await action();
  await realDelay(SETTLE_MS);
  return ((await readMetric(source, name, labels)) ?? 0) - (before ?? 0);
}
