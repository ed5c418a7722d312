import type { CatalogFamily } from './catalog-family.js';

export const METRICS_COLLECTOR_ERRORS_TOTAL = {
  name: 'metrics_collector_errors_total',
  type: 'counter',
  labelNames: ['collector'],
  help: 'Total failures to read a value for a metric: of a collector, a foreign metric, a label function or a decorated method.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning:
    'What could not be read is absent from that scrape, never 0. `collector` is the name of the collector, of the foreign metric in the same registry, `http.labels.<name>`, or `<class>.<method>` and `<class>.<method>.labels.<name>` of a decorator.',
} as const satisfies CatalogFamily;
