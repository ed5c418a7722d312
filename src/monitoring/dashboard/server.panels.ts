import { percentiles, top } from './http.panels.js';
import type { PanelRow } from './panel.interface.js';

export const STATEMENT_CACHE_ROW: PanelRow = {
  title: 'Statement cache',
  collapsed: true,
  panels: [
    {
      title: 'Share of hits',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: [
            'sum(rate(#stmt_cache_hits_total[5m]))',
            '/ (sum(rate(#stmt_cache_hits_total[5m])) + sum(rate(#stmt_cache_misses_total[5m])))',
          ].join('\n'),
          legend: 'hits',
        },
      ],
      explains: ['stmt_cache_hit_rate', 'stmt_cache_hits_total'],
    },
    {
      title: 'Look-ups and evictions',
      unit: 'ops',
      queries: [
        { expr: 'sum(rate(#stmt_cache_hits_total[5m]))', legend: 'hits' },
        { expr: 'sum(rate(#stmt_cache_misses_total[5m]))', legend: 'misses' },
        { expr: 'sum(rate(#stmt_cache_evictions_total[5m]))', legend: 'evictions' },
        { expr: 'sum(rate(#stmt_cache_bypasses_total[5m]))', legend: 'bypasses' },
      ],
      explains: ['stmt_cache_misses_total', 'stmt_cache_evictions_total', 'stmt_cache_bypasses_total'],
    },
    {
      title: 'Prepared statements',
      unit: 'short',
      queries: [{ expr: 'sum by (instance) (#stmt_cache_entries)', legend: '{{instance}}' }],
      explains: ['stmt_cache_entries'],
    },
    {
      title: 'Plan regressions in a day',
      unit: 'short',
      queries: [{ expr: 'sum(increase(#stmt_cache_plan_regressions_total[1d]))', legend: 'statements' }],
      explains: ['stmt_cache_plan_regressions_total'],
    },
  ],
};

export const HEALTH_ROW: PanelRow = {
  title: 'Database health',
  panels: [
    {
      title: 'Healthy',
      unit: 'none',
      max: 1,
      queries: [{ expr: 'min by (instance) (#db_pool_healthy)', legend: '{{instance}}' }],
      explains: ['db_pool_healthy'],
    },
    {
      title: 'Share of failed checks',
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum(rate(#db_pool_health_failures_total[5m])) / sum(rate(#db_pool_health_checks_total[5m]))',
          legend: 'failed',
        },
      ],
      explains: ['db_pool_health_failures_total', 'db_pool_health_checks_total'],
      thresholds: { critical: 0.1 },
    },
    {
      title: 'Duration of checks',
      unit: 's',
      queries: percentiles('db_pool_health_check_duration_seconds'),
      explains: ['db_pool_health_check_duration_seconds'],
    },
  ],
};

export const PROCESS_ROW: PanelRow = {
  title: 'Process and event loop',
  panels: [
    {
      title: 'Versions',
      unit: 'short',
      stacked: true,
      queries: [{ expr: 'count by (version, node) (#info)', legend: '{{version}}, Node.js {{node}}' }],
      explains: ['info'],
    },
    {
      title: 'Uptime',
      unit: 's',
      queries: [{ expr: '#uptime_seconds', legend: '{{instance}}' }],
      explains: ['uptime_seconds', 'process_start_time_seconds'],
    },
    {
      title: 'CPU',
      unit: 'percentunit',
      queries: [{ expr: 'sum by (instance) (rate(@process_cpu_seconds_total[5m]))', legend: '{{instance}}' }],
      explains: [],
    },
    {
      title: 'Memory',
      unit: 'decbytes',
      queries: [
        { expr: 'sum by (instance) (@process_resident_memory_bytes)', legend: 'resident, {{instance}}' },
        { expr: 'sum by (instance) (@nodejs_heap_size_used_bytes)', legend: 'heap, {{instance}}' },
      ],
      explains: [],
    },
    {
      title: 'Event loop lag',
      unit: 's',
      queries: [
        { expr: 'max by (instance) (@nodejs_eventloop_lag_p50_seconds)', legend: 'p50, {{instance}}' },
        { expr: 'max by (instance) (@nodejs_eventloop_lag_p99_seconds)', legend: 'p99, {{instance}}' },
      ],
      explains: [],
      thresholds: { warning: 0.1, critical: 0.5 },
    },
    {
      title: 'Garbage collection',
      unit: 'percentunit',
      queries: [{ expr: 'sum by (kind) (rate(@nodejs_gc_duration_seconds_sum[5m]))', legend: '{{kind}}' }],
      explains: [],
    },
  ],
};

export const SCRAPES_ROW: PanelRow = {
  title: 'Scrapes',
  collapsed: true,
  panels: [
    {
      title: 'Duration of scrapes, 99th percentile',
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.99, sum by (le, instance) (rate(#metrics_scrape_duration_seconds_bucket[5m])))',
          legend: '{{instance}}',
        },
      ],
      explains: ['metrics_scrape_duration_seconds'],
    },
    {
      title: 'Series',
      unit: 'short',
      queries: [{ expr: top('@scrape_samples_scraped'), legend: '{{instance}}' }],
      explains: [],
    },
    {
      title: 'Values that could not be read',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (collector) (increase(#metrics_collector_errors_total[5m]))'),
          legend: '{{collector}}',
        },
      ],
      explains: ['metrics_collector_errors_total'],
      thresholds: { critical: 1 },
    },
    {
      title: 'Refused scrapes',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (reason) (increase(#metrics_scrapes_refused_total[5m]))',
          legend: '{{reason}}',
        },
      ],
      explains: ['metrics_scrapes_refused_total'],
    },
    {
      title: 'Samples past the budget',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (family) (increase(#metrics_series_dropped_total[5m]))',
          legend: '{{family}}',
        },
      ],
      explains: ['metrics_series_dropped_total'],
      emptyWhile: 'no sample was past it',
    },
  ],
};
