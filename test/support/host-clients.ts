import * as prometheusIo from '@prometheus-io/client';
import * as promClient from 'prom-client';
import type { HostMetricValues, HostRegistry } from '../../src/core/host-registry.interface.js';

/** What tests use of a `Registry`, alike in both clients; their own types refuse each other. */
export interface HostUnderTest extends HostRegistry {
  metrics(): Promise<string>;
  getMetricsAsJSON(): Promise<HostMetricValues[]>;
  getSingleMetricAsString(name: string): Promise<string>;
  setDefaultLabels(labels: object): void;
  setContentType(contentType: string): void;
  resetMetrics(): void;
  clear(): void;
  readonly contentType: string;
}

interface HostRegistryClass {
  new (): HostUnderTest;
  merge(registries: HostUnderTest[]): HostUnderTest;
  readonly PROMETHEUS_CONTENT_TYPE: string;
  readonly OPENMETRICS_CONTENT_TYPE: string;
}

export interface OwnMetricConfig {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly buckets?: readonly number[];
  readonly aggregator?: string;
  readonly registers?: readonly HostUnderTest[];
}

type Labels = Record<string, string | number>;

/** A metric of the client's own, of whichever type; tests know which methods theirs has. */
export interface OwnMetric {
  inc(labels: Labels | number | undefined, value?: number): void;
  dec(labels: Labels, value?: number): void;
  set(labels: Labels | number, value?: number): void;
  observe(labels: Labels | number, value?: number): void;
  remove(labels: Labels): void;
  reset(): void;
}

type OwnMetricClass = new (config: OwnMetricConfig) => OwnMetric;

interface PushgatewayClient {
  push(target: { jobName: string; groupings?: Record<string, string> }): Promise<unknown>;
  pushAdd(target: { jobName: string }): Promise<unknown>;
}

/** The Prometheus clients in whose registries our families are at home, by package name. */
export interface HostClient {
  readonly Registry: HostRegistryClass;
  readonly AggregatorRegistry: { aggregate(json: readonly (readonly object[])[]): HostUnderTest };
  readonly Pushgateway: new (
    url: string,
    options: { headers?: Record<string, string> },
    registry: HostUnderTest,
  ) => PushgatewayClient;
  readonly Counter: OwnMetricClass;
  readonly Gauge: OwnMetricClass;
  readonly Histogram: OwnMetricClass;
}

export const HOST_CLIENTS: readonly (readonly [string, HostClient])[] = [
  ['prom-client', promClient as unknown as HostClient],
  ['@prometheus-io/client', prometheusIo as unknown as HostClient],
];

/** The samples of `getMetricsAsJSON()`, each with its full name. */
export function jsonSamples(
  metrics: readonly HostMetricValues[],
): { name: string; labels: Record<string, string>; value: number }[] {
  return metrics.flatMap(({ name, values }) =>
    values.map(({ metricName = name, labels = {}, value }) => ({
      name: metricName,
      labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
      value,
    })),
  );
}
