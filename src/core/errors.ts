/** The base of every error this library throws on purpose, so that one `instanceof` recognises them all. */
export class HyperMetricsError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A metric name is taken by something that differs: another type, other labels, other buckets. */
export class MetricConflictError extends HyperMetricsError {}

/** A metric definition that no exposition could carry: an illegal name or label name, unsorted buckets. */
export class InvalidDefinitionError extends HyperMetricsError {}

/** Label values that do not fit the family: unknown names, or the wrong number of values. */
export class InvalidLabelsError extends HyperMetricsError {}

/** A value that the metric cannot take: not a number, or a decreasing counter. */
export class InvalidValueError extends HyperMetricsError {}

/** The metrics could not be pushed to a Pushgateway; `cause` has the last attempt's error. */
export class PushError extends HyperMetricsError {}
