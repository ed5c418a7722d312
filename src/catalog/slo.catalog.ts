import type { CatalogFamily } from './catalog-family.js';

const group = 'Service level objectives';

export const SLO_OBJECTIVE_RATIO = {
  name: 'slo_objective_ratio',
  type: 'gauge',
  labelNames: ['slo'],
  help: 'Share of HTTP requests that shall meet the objective, from 0 to 1.',
  aggregation: 'max',
  atZero: 'no series; each objective of the option `slo` from the start',
  group,
  when: '`slo` is set',
  contract: false,
  meaning:
    '`slo` is `availability` (the status is not 5xx) or `latency` (the request ended within `slo_latency_threshold_seconds`). 1 minus ' +
    'the objective is the error budget. Rules read the objective from here, so that one file of rules serves every service.',
} as const satisfies CatalogFamily;

export const SLO_LATENCY_THRESHOLD_SECONDS = {
  name: 'slo_latency_threshold_seconds',
  type: 'gauge',
  labelNames: [],
  help: 'Duration in seconds within which HTTP requests shall end to meet the objective of latency.',
  aggregation: 'max',
  group,
  when: '`slo.latency` is set',
  contract: false,
  meaning:
    'Also a bound of the buckets of `http_request_duration_seconds` and `http_route_duration_seconds`.',
} as const satisfies CatalogFamily;

export const SLO_FAMILIES: readonly CatalogFamily[] = [SLO_OBJECTIVE_RATIO, SLO_LATENCY_THRESHOLD_SECONDS];
