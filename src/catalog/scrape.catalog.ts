import type { CatalogFamily } from './catalog-family.js';

export const METRICS_SCRAPE_DURATION_SECONDS = {
  name: 'metrics_scrape_duration_seconds',
  type: 'histogram',
  labelNames: [],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  help: 'Duration of scrapes in seconds, from the request until the whole answer is made and on its way.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    'A scrape shows those before it. Waiting for collectors, rendering and compression are in it; how long the client takes to read the answer is not. Scrapes that were refused (503), failed (500) or whose client left are not recorded.',
} as const satisfies CatalogFamily;

export const METRICS_SCRAPES_REFUSED_TOTAL = {
  name: 'metrics_scrapes_refused_total',
  type: 'counter',
  labelNames: ['reason'],
  help: 'Total scrapes that were answered without metrics on purpose.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    '`reason` is `address` (403, `endpoint.allowIps`), `credentials` (401, `endpoint.bearerToken` or `endpoint.basicAuth`), `busy` (503, more than `endpoint.maxConcurrentScrapes`), or `unavailable` (503, with `cluster`, while the process that puts the numbers together does not answer), or `guard` (any status from 400 on: a guard or middleware of the application, such as a rate limiter, refused the request before it came to the endpoint).',
} as const satisfies CatalogFamily;

export const METRICS_COLLECTOR_ERRORS_TOTAL = {
  name: 'metrics_collector_errors_total',
  type: 'counter',
  labelNames: ['collector'],
  help: 'Total failures to read a value for a metric: of a collector, a foreign metric, a label function, a decorated method or another process.',
  atZero:
    'from the start, every collector, scrape, data_sources, cluster with the option `cluster`, each function in `http.labels` and in the ' +
    'labels of decorators, and endpoint.bearerToken and endpoint.basicAuth where they are functions',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    'What could not be read is absent from that scrape, never 0. `collector` is the name of the collector, of the foreign metric in the same registry, `http.labels.<name>`, `<class>.<method>` and `<class>.<method>.labels.<name>` of a decorator, `endpoint.bearerToken` or `endpoint.basicAuth` when a function of that option gave no secret to compare with, `cluster` for each process whose present numbers a scrape is without, and for each scrape that is refused (503) because whoever puts them together does not answer, or `scrape` when a whole scrape failed (500).',
} as const satisfies CatalogFamily;

export const METRICS_SERIES_DROPPED_TOTAL = {
  name: 'metrics_series_dropped_total',
  type: 'counter',
  labelNames: ['family'],
  help: 'Total samples that went to a family’s overflow series because `seriesBudget` allows no further ones.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    'The overflow series has the value `other` for every label. The contract’s own families have few series and no limit.',
} as const satisfies CatalogFamily;
