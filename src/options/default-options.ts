import { HTTP_DURATION_BUCKETS_SECONDS } from '../catalog/http.catalog.js';
import { DEFAULT_PREFIX } from '../catalog/metric-name.js';
import type { ResolvedEndpointOptions, ResolvedHttpOptions, ResolvedOptions } from './resolved-options.js';

export const DEFAULT_HTTP_OPTIONS: ResolvedHttpOptions = {
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  routes: true,
  ignore: [],
  sizes: false,
  labels: {},
  handlers: false,
};

export const DEFAULT_ENDPOINT_OPTIONS: ResolvedEndpointOptions = {
  decorators: [],
  maxConcurrentScrapes: 10,
  collectorTimeoutMs: 5000,
  openMetrics: false,
  compression: true,
};

export const DEFAULT_OPTIONS: ResolvedOptions = {
  enabled: true,
  path: '/metrics',
  prefix: DEFAULT_PREFIX,
  version: undefined,
  defaultLabels: {},
  registry: undefined,
  runtimeMetrics: true,
  http: DEFAULT_HTTP_OPTIONS,
  endpoint: DEFAULT_ENDPOINT_OPTIONS,
  seriesBudget: { perFamily: 2000, total: 50_000 },
};
