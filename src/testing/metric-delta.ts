import type { SampleLabels } from '../service/sample-value.js';
import type { MetricsSource } from './metrics-source.js';
import { readMetric } from './read-metric.js';
import { realDelay, SETTLE_MS } from './real-delay.js';

/**
 * Returns the change of one sample during `action`. An absent sample counts as 0. The sample is read once, 30 ms after the
 * action's end; to wait for an expected change, use `assertMetricDelta()`.
 *
 * @throws `HyperMetricsError` if `source` has no metrics; the error of the action.
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
