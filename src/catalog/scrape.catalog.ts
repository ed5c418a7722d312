import type { CatalogFamily } from './catalog-family.js';

const group = 'Scrape';
const when = 'always';

export const METRICS_SCRAPE_DURATION_SECONDS = {
  name: 'metrics_scrape_duration_seconds',
  type: 'histogram',
  labelNames: [],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  help: 'Duration of scrapes in seconds, from the request until the whole response is made and on its way.',
  group,
  when,
  contract: false,
  meaning:
    'A scrape shows earlier scrapes. Included are waiting for collectors, rendering and compression, but not the time in which the client reads the response. Scrapes that were refused (503), failed (500) or whose client disconnected are not recorded.',
} as const satisfies CatalogFamily;

export const METRICS_SCRAPES_REFUSED_TOTAL = {
  name: 'metrics_scrapes_refused_total',
  type: 'counter',
  labelNames: ['reason'],
  help: 'Total scrapes that were refused.',
  group,
  when,
  contract: false,
  meaning:
    '`reason` is `address` (403, `endpoint.allowIps`), `credentials` (401, `endpoint.bearerToken` or `endpoint.basicAuth`), `busy` (503, more than `endpoint.maxConcurrentScrapes`), `unavailable` (503, with `cluster`, while the aggregating process does not answer), or `guard` (any status from 400 on: a guard or middleware of the application, such as a rate limiter, refused the request).',
} as const satisfies CatalogFamily;

export const METRICS_COLLECTOR_ERRORS_TOTAL = {
  name: 'metrics_collector_errors_total',
  type: 'counter',
  labelNames: ['collector'],
  help: 'Total failures to read a value for a metric: of a collector, a foreign metric, a label function, a decorated method or another process.',
  atZero:
    'from the start, every collector, scrape, data_sources, cluster with the option `cluster`, each function in `http.labels` and in the ' +
    'labels of decorators, and endpoint.bearerToken and endpoint.basicAuth if they are functions',
  group,
  when,
  contract: false,
  meaning:
    'A value that could not be read is absent from that scrape, never 0. `collector` is the name of the collector, of the foreign metric in the same registry, `http.labels.<name>`, `<class>.<method>` and `<class>.<method>.labels.<name>` of a decorator, `endpoint.bearerToken` or `endpoint.basicAuth` if the function of that option returned no usable secret, `cluster` for each process whose current values are missing in a scrape and for each scrape refused (503) because the aggregating process does not answer, or `scrape` if a whole scrape failed (500).',
} as const satisfies CatalogFamily;

export const METRICS_SERIES_DROPPED_TOTAL = {
  name: 'metrics_series_dropped_total',
  type: 'counter',
  labelNames: ['family'],
  help: 'Total samples that went to a family’s overflow series because `seriesBudget` allows no more series.',
  group,
  when,
  contract: false,
  meaning:
    'The overflow series has the value `other` for every label. The contract’s families have few series and no limit.',
} as const satisfies CatalogFamily;

export const SCRAPE_FAMILIES: readonly CatalogFamily[] = [
  METRICS_SCRAPE_DURATION_SECONDS,
  METRICS_SCRAPES_REFUSED_TOTAL,
  METRICS_COLLECTOR_ERRORS_TOTAL,
  METRICS_SERIES_DROPPED_TOTAL,
];
