import type { Guide } from './guide.interface.js';

export const SCRAPE_GUIDE: Guide = {
  metrics_scrape_duration_seconds: {
    unit: 'seconds',
    query: 'histogram_quantile(0.99, sum by (le) (rate(#metrics_scrape_duration_seconds_bucket[1h])))',
    remedy:
      '**When scrapes are slow**: a collector waits (repair it, or lower `endpoint.collectorTimeoutMs`), or the event loop is blocked. Rendering alone takes [milliseconds](sizing.md#scrapes).',
  },
  metrics_scrapes_refused_total: {
    unit: 'scrapes',
    query: 'sum by (reason) (increase(#metrics_scrapes_refused_total[10m])) > 0',
    remedy:
      '**When it rises**: `reason` says why. `guard`: exempt the endpoint from [rate limits](endpoint.md#rate-limits). `busy`: raise `endpoint.maxConcurrentScrapes` or scrape less often. `credentials` and `address`: a wrong configuration of Prometheus, or another client.',
  },
  metrics_collector_errors_total: {
    unit: 'failures',
    query: 'sum by (collector) (increase(#metrics_collector_errors_total[10m])) > 0',
    remedy:
      '**When it rises**: `collector` names what could not be read. The log has the first failure with its reason.',
  },
  metrics_series_dropped_total: {
    unit: 'samples',
    query: 'sum by (family) (increase(#metrics_series_dropped_total[10m])) > 0',
    remedy:
      '**When it rises**: a label of that family has too many values. Reduce them, or raise `seriesBudget`.',
  },
};
