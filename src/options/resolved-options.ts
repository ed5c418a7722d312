import type { HostRegistry } from '../core/host-registry.interface.js';
import type { HttpIgnoreRule, HttpLabelFunction } from './hyper-metrics-options.interface.js';

/** HTTP options with every default filled in. */
export interface ResolvedHttpOptions {
  readonly buckets: readonly number[];
  readonly routes: boolean;
  readonly ignore: readonly HttpIgnoreRule[];
  readonly sizes: boolean;
  readonly labels: Readonly<Record<string, HttpLabelFunction>>;
  readonly handlers: boolean;
}

/** Endpoint options with every default filled in. */
export interface ResolvedEndpointOptions {
  readonly decorators: readonly MethodDecorator[];
  readonly maxConcurrentScrapes: number;
  readonly collectorTimeoutMs: number;
  readonly openMetrics: boolean;
  readonly compression: boolean;
}

/** Ceilings of the number of series. */
export interface SeriesBudgetLimits {
  readonly perFamily: number;
  readonly total: number;
}

/** Options with every default filled in; validated and frozen. */
export interface ResolvedOptions {
  readonly enabled: boolean;
  readonly path: string;
  readonly prefix: string;
  /** `undefined`: to be found in the application's package.json. */
  readonly version: string | undefined;
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** `undefined`: the process-wide one, prom-client's global registry. */
  readonly registry: HostRegistry | undefined;
  readonly runtimeMetrics: boolean;
  readonly http: false | ResolvedHttpOptions;
  readonly endpoint: ResolvedEndpointOptions;
  readonly seriesBudget: SeriesBudgetLimits;
}
