import type { CatalogFamily } from './catalog-family.js';

export const METRICS_COLLECTOR_ERRORS_TOTAL = {
  name: 'metrics_collector_errors_total',
  type: 'counter',
  labelNames: ['collector'],
  help: 'Total failures to read a collector or a foreign metric; what failed is absent from that scrape.',
  group: 'Scrape',
  when: 'always',
  contract: false,
  meaning: '`collector` is the name of the collector, or of the foreign metric in the same registry.',
} as const satisfies CatalogFamily;
