import { sampleValue, type SampleLabels } from '../service/sample-value.js';
import { openSource, type MetricsSource } from './metrics-source.js';

/**
 * The value of one exported sample: a counter's or gauge's by its full name, a histogram's by `…_count`, `…_sum` or
 * `…_bucket` (with the label `le`). The labels are all of the sample's, default labels included. `undefined` when no
 * sample has that name and exactly these labels.
 *
 * @throws `HyperMetricsError` when there are no metrics in `source`.
 * @example await readMetric(app, 'hyperdjango_http_requests_total', { method: 'GET', status: '200' })
 */
export async function readMetric(
  source: MetricsSource,
  name: string,
  labels: SampleLabels = {},
): Promise<number | undefined> {
  return sampleValue(await openSource(source).gather(), name, labels);
}
