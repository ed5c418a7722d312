/**
 * The part of a Prometheus client's `Registry` that this library uses. The registries of prom-client and
 * `@prometheus-io/client` fit; the types of neither appear here, so that users can change between them.
 */
export interface HostRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
  getMetricsAsArray(): readonly unknown[];
}

/** A metric in the registry of such a client. */
export interface HostMetric {
  readonly name: string;
  get(): Promise<HostMetricValues> | HostMetricValues;
}

/** What `get()` of such a metric returns. */
export interface HostMetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values: readonly HostMetricValue[];
}

/** One sample. `metricName` names the part of a histogram or summary. */
export interface HostMetricValue {
  readonly value: number;
  /** Some clients omit it for samples without labels. */
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
  readonly exemplar?: HostExemplar | null | undefined;
}

/** The exemplar of a sample, where the client has exemplars enabled. */
export interface HostExemplar {
  readonly labelSet: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** In seconds. */
  readonly timestamp?: number;
}

/** Whether `value` has the method of a {@link HostMetric}. */
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
