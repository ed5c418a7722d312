import { percentile } from '../percentile.js';
import { bottom, percentiles, top } from './http.panels.js';
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
      thresholds: { warning: 0.8, critical: 0.5, falling: true },
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
      queries: [{ expr: top('sum by (instance) (#stmt_cache_entries)'), legend: '{{instance}}' }],
      explains: ['stmt_cache_entries'],
    },
    {
      title: 'Plan regressions in a day',
      unit: 'short',
      queries: [{ expr: 'sum(increase(#stmt_cache_plan_regressions_total[1d]))', legend: 'statements' }],
      explains: ['stmt_cache_plan_regressions_total'],
      thresholds: { warning: 1, critical: 10 },
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
      queries: [{ expr: bottom('min by (instance) (#db_pool_healthy)'), legend: '{{instance}}' }],
      explains: ['db_pool_healthy'],
      thresholds: { critical: 1, falling: true },
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
      thresholds: { warning: 1, critical: 5 },
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
      queries: [{ expr: bottom('#uptime_seconds'), legend: '{{instance}}' }],
      explains: ['uptime_seconds', 'process_start_time_seconds'],
    },
    {
      title: 'Processes of the cluster started in an hour',
      unit: 'short',
      queries: [
        { expr: top('sum by (instance) (increase(#cluster_starts_total[1h]))'), legend: '{{instance}}' },
      ],
      explains: ['cluster_starts_total'],
    },
    {
      title: 'CPU',
      unit: 'percentunit',
      queries: [
        { expr: top('sum by (instance) (rate(@process_cpu_seconds_total[5m]))'), legend: '{{instance}}' },
      ],
      explains: [],
      description:
        'Cores that the process uses. With `cluster` all of its processes together.\n\n**When it stays near 1**: one thread of JavaScript can do no more. Record a CPU profile (`node --cpu-prof`), start more processes, or move work into worker threads.',
      thresholds: { warning: 0.7, critical: 0.9 },
    },
    {
      title: 'Memory',
      unit: 'decbytes',
      queries: [
        { expr: top('sum by (instance) (@process_resident_memory_bytes)'), legend: 'resident, {{instance}}' },
        { expr: top('sum by (instance) (@nodejs_heap_size_used_bytes)'), legend: 'heap, {{instance}}' },
      ],
      explains: [],
      description:
        'Resident memory of the process, and the heap of JavaScript in it.\n\n**When the heap rises from day to day**: a leak; compare two heap snapshots. **When only resident memory rises**: buffers or native modules. **When it falls to the bottom again and again**: the process is killed at its limit; see restarts.',
    },
    {
      title: 'Share of the CPU limit',
      unit: 'percentunit',
      queries: [
        {
          expr: top(
            [
              'sum by (instance) (rate(@process_cpu_seconds_total[5m]))',
              '/ sum by (instance) (#process_cpu_limit_cores)',
            ].join('\n'),
          ),
          legend: '{{instance}}',
        },
      ],
      explains: ['process_cpu_limit_cores'],
      thresholds: { warning: 0.8, critical: 0.95 },
      emptyWhile: 'the process has no CPU limit',
    },
    {
      title: 'Share of the memory limit',
      unit: 'percentunit',
      queries: [
        {
          expr: top(
            [
              'sum by (instance) (@process_resident_memory_bytes)',
              '/ sum by (instance) (#process_memory_limit_bytes)',
            ].join('\n'),
          ),
          legend: '{{instance}}',
        },
      ],
      explains: ['process_memory_limit_bytes'],
      thresholds: { warning: 0.8, critical: 0.9 },
      emptyWhile: 'the process has no memory limit',
    },
    {
      title: 'Event loop utilization',
      unit: 'percentunit',
      max: 1,
      queries: [{ expr: top('max by (instance) (#eventloop_utilization_ratio)'), legend: '{{instance}}' }],
      explains: ['eventloop_utilization_ratio'],
      thresholds: { warning: 0.7, critical: 0.9 },
    },
    {
      title: 'Event loop lag',
      unit: 's',
      queries: [
        { expr: top('max by (instance) (@nodejs_eventloop_lag_p50_seconds)'), legend: 'p50, {{instance}}' },
        { expr: top('max by (instance) (@nodejs_eventloop_lag_p99_seconds)'), legend: 'p99, {{instance}}' },
      ],
      explains: [],
      description:
        'How much later than planned timers run.\n\n**When it rises**: synchronous work keeps all requests waiting, such as large JSON, `…Sync()` functions, or loops over many rows. Record a CPU profile.',
      thresholds: { warning: 0.1, critical: 0.5 },
    },
    {
      title: 'Garbage collection',
      unit: 'percentunit',
      queries: [
        {
          expr: 'max by (kind) (sum by (instance, kind) (rate(@nodejs_gc_duration_seconds_sum[5m])))',
          legend: '{{kind}}',
        },
      ],
      explains: [],
      description:
        'The share of time that garbage collection takes, by kind, in the instance where it takes most.\n\n**When it rises**: the heap is nearly full (see memory), or the code makes many objects that live briefly.',
      thresholds: { warning: 0.05, critical: 0.1 },
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
          expr: top(percentile(0.99, 'metrics_scrape_duration_seconds', ['instance'])),
          legend: '{{instance}}',
        },
      ],
      explains: ['metrics_scrape_duration_seconds'],
      thresholds: { warning: 1, critical: 5 },
    },
    {
      title: 'Series',
      unit: 'short',
      queries: [{ expr: top('@scrape_samples_scraped'), legend: '{{instance}}' }],
      explains: [],
      description:
        'Samples of the last scrape, by Prometheus.\n\n**When it rises and does not stop**: a label has too many values. A scrape with more than `sample_limit` fails as a whole.',
      thresholds: { warning: 5000, critical: 50_000 },
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
      thresholds: { warning: 1, critical: 10 },
    },
    {
      title: 'Samples past the budget',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (family) (increase(#metrics_series_dropped_total[5m]))'),
          legend: '{{family}}',
        },
      ],
      explains: ['metrics_series_dropped_total'],
      thresholds: { critical: 1 },
      emptyWhile: 'no sample was past it',
    },
  ],
};
