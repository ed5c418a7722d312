import { percentile } from '../percentile.js';
import { percentiles, top } from './http.panels.js';
import type { PanelRow } from './panel.interface.js';

export const POOLS_ROW: PanelRow = {
  title: 'Database pools',
  panels: [
    {
      title: 'Connections',
      unit: 'short',
      queries: [
        { expr: 'sum(#db_pool_in_use)', legend: 'in use' },
        { expr: 'sum(#db_pool_thread_owned)', legend: 'pinned' },
        { expr: 'sum(#db_pool_idle)', legend: 'idle' },
        { expr: 'sum(#db_pool_open)', legend: 'open' },
        { expr: 'sum(#db_pool_total)', legend: 'capacity' },
      ],
      explains: ['db_pool_in_use', 'db_pool_thread_owned', 'db_pool_idle', 'db_pool_open', 'db_pool_total'],
    },
    {
      title: 'Utilization by instance',
      unit: 'percentunit',
      max: 1,
      queries: [{ expr: top('#db_pool_in_use / #db_pool_total'), legend: '{{instance}}' }],
      explains: ['db_pool_in_use', 'db_pool_available'],
      thresholds: { warning: 0.7, critical: 0.9 },
    },
    {
      title: 'Callers that wait for a connection',
      unit: 'short',
      queries: [{ expr: top('sum by (instance) (#db_pool_waiting)'), legend: '{{instance}}' }],
      explains: ['db_pool_waiting'],
      thresholds: { critical: 1 },
    },
    {
      title: 'Wait for a connection, 99th percentile',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: percentile(0.99, 'db_pool_acquire_duration_seconds', ['result']),
          legend: '{{result}}',
        },
      ],
      explains: ['db_pool_acquire_duration_seconds'],
      thresholds: { warning: 0.1, critical: 0.25 },
    },
    {
      title: 'Use of a connection',
      unit: 's',
      exemplars: true,
      queries: percentiles('db_pool_use_duration_seconds'),
      explains: ['db_pool_use_duration_seconds'],
      thresholds: { warning: 1, critical: 5 },
    },
    {
      title: 'Connections opened and closed',
      unit: 'cps',
      queries: [
        { expr: 'sum(rate(#db_pool_connections_created_total[5m]))', legend: 'opened' },
        { expr: 'sum(rate(#db_pool_connections_closed_total[5m]))', legend: 'closed' },
      ],
      explains: ['db_pool_connections_created_total', 'db_pool_connections_closed_total'],
    },
    {
      title: 'Suspected leaks in an hour',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (instance) (increase(#db_pool_leaks_suspected_total[1h]))'),
          legend: '{{instance}}',
        },
      ],
      explains: ['db_pool_leaks_suspected_total'],
      thresholds: { critical: 1 },
    },
    {
      title: 'Connections by pool',
      unit: 'short',
      stacked: true,
      queries: [
        {
          expr: 'sum by (data_source, pool, state) (#db_pool_connections_by_pool)',
          legend: '{{data_source}} {{pool}} {{state}}',
        },
      ],
      explains: ['db_pool_connections_by_pool', 'db_pool_capacity_by_pool'],
    },
    {
      title: 'Callers that wait, by pool',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (data_source, pool) (#db_pool_waiting_by_pool)',
          legend: '{{data_source}} {{pool}}',
        },
      ],
      explains: ['db_pool_waiting_by_pool'],
      thresholds: { critical: 1 },
    },
  ],
};

export const QUERIES_ROW: PanelRow = {
  title: 'Queries and N+1',
  panels: [
    {
      title: 'Queries by operation',
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: 'sum by (operation) (rate(#db_query_duration_seconds_count[5m]))',
          legend: '{{operation}}',
        },
      ],
      explains: ['db_query_duration_seconds', 'db_queries_total'],
    },
    {
      title: '99th percentile by operation',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: percentile(0.99, 'db_query_duration_seconds', ['operation']),
          legend: '{{operation}}',
        },
      ],
      explains: ['db_query_duration_seconds'],
      thresholds: { warning: 0.1, critical: 1 },
    },
    {
      title: 'Failed queries by class',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (sqlstate_class) (rate(#db_query_errors_total[5m]))',
          legend: '{{sqlstate_class}}',
        },
      ],
      explains: ['db_query_errors_total'],
      thresholds: { warning: 0.01, critical: 0.1 },
    },
    {
      title: 'Share of slow queries',
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum(rate(#db_slow_queries_total[5m])) / sum(rate(#db_queries_total[5m]))',
          legend: 'slow',
        },
      ],
      explains: ['db_slow_queries_total'],
      thresholds: { warning: 0.01, critical: 0.05 },
    },
    {
      title: 'Tables that slow queries read from beginning to end',
      unit: 'ops',
      queries: [{ expr: 'sum(rate(#db_slow_query_seq_scans_total[5m]))', legend: 'tables' }],
      explains: ['db_slow_query_seq_scans_total'],
      thresholds: { warning: 0.01, critical: 0.1 },
    },
    {
      title: 'Queries of a request',
      unit: 'short',
      queries: [
        {
          expr: 'sum(rate(#db_queries_per_request_sum[5m])) / sum(rate(#db_queries_per_request_count[5m]))',
          legend: 'mean',
        },
        {
          expr: percentile(0.99, 'db_queries_per_request'),
          legend: 'p99',
        },
      ],
      explains: ['db_queries_per_request', 'db_avg_queries_per_request'],
      thresholds: { warning: 20, critical: 50 },
    },
    {
      title: 'N+1 patterns in an hour, by route',
      unit: 'short',
      queries: [
        { expr: top('sum by (route) (increase(#n_plus_one_by_route_total[1h]))'), legend: '{{route}}' },
      ],
      explains: ['n_plus_one_by_route_total', 'n_plus_one_total'],
      thresholds: { warning: 1, critical: 10 },
      emptyWhile: 'no pattern was found',
    },
    {
      title: 'Queries in flight',
      unit: 'short',
      queries: [
        { expr: 'sum(#db_queries_in_flight)', legend: 'in flight' },
        { expr: 'sum(rate(#db_query_duration_ms_total[5m])) / 1000', legend: 'mean' },
      ],
      explains: ['db_queries_in_flight', 'db_query_duration_ms_total'],
    },
  ],
};

export const SPENDING_ROW: PanelRow = {
  title: 'Share of routes and statements',
  panels: [
    {
      title: 'Query time by route',
      unit: 'short',
      stacked: true,
      queries: [
        { expr: top('sum by (route) (rate(#db_route_query_seconds_total[5m]))'), legend: '{{route}}' },
      ],
      explains: ['db_route_query_seconds_total'],
    },
    {
      title: 'Queries by route',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: top('sum by (route) (rate(#db_route_queries_total[5m]))'), legend: '{{route}}' }],
      explains: ['db_route_queries_total'],
    },
    {
      title: 'Waits for connections by route',
      unit: 'short',
      queries: [
        { expr: top('sum by (route) (rate(#db_route_acquire_seconds_total[5m]))'), legend: '{{route}}' },
      ],
      explains: ['db_route_acquire_seconds_total'],
      thresholds: { warning: 0.1, critical: 1 },
    },
    {
      title: 'Query time by statement',
      unit: 'short',
      stacked: true,
      queries: [
        { expr: top('sum by (statement) (rate(#db_statement_seconds_total[5m]))'), legend: '{{statement}}' },
      ],
      explains: ['db_statement_seconds_total'],
    },
    {
      title: 'Queries by statement',
      unit: 'ops',
      queries: [
        { expr: top('sum by (statement) (rate(#db_statement_calls_total[5m]))'), legend: '{{statement}}' },
      ],
      explains: ['db_statement_calls_total'],
    },
  ],
};
