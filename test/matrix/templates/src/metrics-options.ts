import type { HyperMetricsOptions } from 'nestjs-hyper-metrics';
import { register } from './host-registry.js';

/** Everything that needs no database. */
export const OPTIONS = {
  registry: register,
  nativeHistograms: true,
  exemplars: true,
  httpClient: true,
  cluster: true,
  slo: { availability: 0.999, latency: { thresholdSeconds: 0.2, objective: 0.99 } },
  http: { sizes: true, handlers: true, exceptions: { clientErrors: true } },
  endpoint: { page: true },
} as const satisfies HyperMetricsOptions;
