/**
 * The part of a Prometheus client's `Registry` that this library uses. prom-client's and
 * `@prometheus-io/client`'s both fit; types of neither appear here, so that users can move between them.
 */
export interface HostRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
  getMetricsAsArray(): readonly unknown[];
}

/** A metric as these clients keep it in their registries. */
export interface HostMetric {
  readonly name: string;
  get(): Promise<HostMetricValues> | HostMetricValues;
}

/** What such a metric answers to `get()`. */
export interface HostMetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values: readonly HostMetricValue[];
}

/** One sample in that answer; `metricName` tells the parts of a histogram or summary apart. */
export interface HostMetricValue {
  readonly value: number;
  /** Left out by some for samples without labels. */
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
  readonly exemplar?: HostExemplar | null | undefined;
}

/** The exemplar of a sample, where the client was asked to keep exemplars. */
export interface HostExemplar {
  readonly labelSet: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** In seconds. */
  readonly timestamp?: number;
}

/** Whether `value` can be read like a {@link HostMetric}. */
export function isHostMetric(value: unknown): value is HostMetric {
  return typeof (value as Partial<HostMetric> | null | undefined)?.get === 'function';
}

const REGISTRY_METHODS = [
  'registerMetric',
  'getSingleMetric',
  'removeSingleMetric',
  'getMetricsAsArray',
] as const;

/** Whether `value` has the methods of a {@link HostRegistry}. */
export function isHostRegistry(value: unknown): value is HostRegistry {
  return (
    typeof value === 'object' &&
    value !== null &&
    REGISTRY_METHODS.every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
  );
}
