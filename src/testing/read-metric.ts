import { sampleValue, type SampleLabels } from '../service/sample-value.js';
import { openSource, type MetricsSource } from './metrics-source.js';

/**
 * Returns the value of one exported sample: of a counter or gauge by its full name, of a histogram by `…_count`, `…_sum` or
 * `…_bucket` (with the label `le`). `labels` must be all labels of the sample, default labels included. Returns `undefined`
 * if there is no such sample.
 *
 * @throws `HyperMetricsError` if `source` has no metrics.
 * @example await readMetric(app, 'hyperdjango_http_requests_total', { method: 'GET', status: '200' })
 */
export async function readMetric(
  source: MetricsSource,
  name: string,
  labels: SampleLabels = {},
): Promise<number | undefined> {
  return sampleValue(await openSource(source).gather(), name, labels);
}
