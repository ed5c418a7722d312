/** The base class of every error that this library throws on purpose. */
export class HyperMetricsError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A metric name is in use with another type, other labels or other buckets. */
export class MetricConflictError extends HyperMetricsError {}

/** A metric definition that cannot be exported: an illegal name or label name, unsorted buckets. */
export class InvalidDefinitionError extends HyperMetricsError {}

/** Label values that do not match the family: unknown label names, or the wrong number of values. */
export class InvalidLabelsError extends HyperMetricsError {}

/** A value that the metric does not accept: not a number, or a negative increment of a counter. */
export class InvalidValueError extends HyperMetricsError {}

/** A push to a Pushgateway failed; `cause` is the error of the last attempt. */
export class PushError extends HyperMetricsError {}

/**
 * With the option `cluster`, the process that merges the metrics does not answer. The scrape gets status 503: Prometheus takes a gap
 * for a gap, and lower sums for a counter reset.
 */
export class MetricsUnavailableError extends HyperMetricsError {}
