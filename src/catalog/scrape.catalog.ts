import type { CatalogFamily } from './catalog-family.js';

export const METRICS_COLLECTOR_ERRORS_TOTAL = {
  name: 'metrics_collector_errors_total',
  type: 'counter',
  labelNames: ['collector'],
  help: 'Total failures to read a value for a metric: of a collector, a foreign metric or a label function.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    'What could not be read is absent from that scrape, never 0. `collector` is the name of the collector, of the foreign metric in the same registry, or `http.labels.<name>`.',
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
