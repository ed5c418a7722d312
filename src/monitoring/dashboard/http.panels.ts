import { HTTP_DURATION_BUCKETS_SECONDS } from '../../catalog/http.catalog.js';
import type { MonitoredApplication } from '../application.js';
import type { Expression } from '../expression.js';
import { percentile } from '../percentile.js';
import type { PanelQuery, PanelRow } from './panel.interface.js';

export function percentiles(family: string): PanelQuery[] {
  return [0.5, 0.9, 0.99].map((quantile) => ({
    expr: percentile(quantile, family),
    legend: `p${quantile * 100}`,
  }));
}

/** The share of requests within each bound of the classic buckets, by native histograms. Protobuf has whole bounds as 1.0. */
function withinBounds({ httpBuckets = HTTP_DURATION_BUCKETS_SECONDS }: MonitoredApplication): Expression {
  return httpBuckets
    .map((bound) => {
      const share = `histogram_fraction(0, ${bound}, sum(rate(#http_request_duration_seconds[5m])))`;
      return `label_replace(${share}, "le", "${Number.isInteger(bound) ? bound.toFixed(1) : bound}", "", "")`;
    })
    .join('\nor ');
}

/** The largest values of a query, so that a panel stays readable with hundreds of routes or instances. */
export const top = (expr: Expression): Expression => `topk(10, ${expr})`;

/** The smallest values of a query, where those are the bad ones. */
export const bottom = (expr: Expression): Expression => `bottomk(10, ${expr})`;

export const OVERVIEW_ROW: PanelRow = {
  title: 'Overview',
  panels: [
    {
      title: 'Instances that answer',
      kind: 'stat',
      unit: 'none',
      queries: [{ expr: 'sum(@up)', legend: 'up' }],
      explains: ['info'],
      thresholds: { critical: 1, falling: true },
    },
    {
      title: 'Requests',
      kind: 'stat',
      unit: 'reqps',
      queries: [{ expr: 'sum(rate(#http_requests_total[5m]))', legend: 'requests' }],
      explains: ['http_requests_total'],
    },
    {
      title: 'Share of errors',
      kind: 'stat',
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum(rate(#http_requests_total{status=~"5.."}[5m])) / sum(rate(#http_requests_total[5m]))',
          legend: '5xx',
        },
      ],
      explains: ['http_requests_total'],
      thresholds: { warning: 0.001, critical: 0.01 },
    },
    {
      title: '99th percentile',
      kind: 'stat',
      unit: 's',
      queries: percentiles('http_request_duration_seconds').slice(2),
      explains: ['http_request_duration_seconds'],
      thresholds: 'slow-requests',
    },
    {
      title: 'Pool utilization',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: 'max(#db_pool_in_use / #db_pool_total)', legend: 'fullest' }],
      explains: ['db_pool_in_use'],
      thresholds: { warning: 0.7, critical: 0.9 },
    },
    {
      title: 'Database health',
      kind: 'stat',
      unit: 'none',
      queries: [{ expr: 'min(#db_pool_healthy)', legend: 'healthy' }],
      explains: ['db_pool_healthy'],
      thresholds: { critical: 1, falling: true },
    },
    {
      title: 'Requests by status',
      unit: 'reqps',
      stacked: true,
      queries: [{ expr: 'sum by (status) (rate(#http_requests_total[5m]))', legend: '{{status}}' }],
      explains: ['http_requests_total'],
    },
    {
      title: 'Share of errors and of clients that left',
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum(rate(#http_requests_total{status=~"5.."}[5m])) / sum(rate(#http_requests_total[5m]))',
          legend: '5xx',
        },
        {
          // 499 has no series before the first client that leaves.
          expr: '(sum(rate(#http_requests_total{status="499"}[5m])) or vector(0)) / sum(rate(#http_requests_total[5m]))',
          legend: '499',
        },
      ],
      explains: ['http_requests_total'],
      thresholds: { critical: 0.01 },
    },
    {
      title: 'Duration of requests',
      unit: 's',
      exemplars: true,
      queries: percentiles('http_request_duration_seconds'),
      explains: ['http_request_duration_seconds'],
      thresholds: 'slow-requests',
    },
    {
      title: 'Share of requests within a bound',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: [
            'sum by (le) (rate(#http_request_duration_seconds_bucket{le!="+Inf"}[5m]))',
            '/ scalar(sum(rate(#http_request_duration_seconds_count[5m])))',
          ].join('\n'),
          native: withinBounds,
          legend: 'within {{le}} s',
        },
      ],
      explains: ['http_request_duration_seconds'],
    },
    {
      title: 'Requests in flight',
      unit: 'short',
      queries: [{ expr: top('sum by (instance) (#http_requests_in_flight)'), legend: '{{instance}}' }],
      explains: ['http_requests_in_flight'],
    },
  ],
};

export const ROUTES_ROW: PanelRow = {
  title: 'Routes',
  panels: [
    {
      title: 'Requests by route',
      unit: 'reqps',
      queries: [
        {
          expr: top('sum by (method, route) (rate(#http_route_duration_seconds_count[5m]))'),
          legend: '{{method}} {{route}}',
        },
      ],
      explains: ['http_route_duration_seconds'],
    },
    {
      title: 'Errors by route',
      unit: 'reqps',
      queries: [
        {
          expr: top(
            'sum by (method, route, status) (rate(#http_route_duration_seconds_count{status=~"5.."}[5m]))',
          ),
          legend: '{{method}} {{route}} {{status}}',
        },
      ],
      explains: ['http_route_duration_seconds'],
      thresholds: { warning: 0.01, critical: 0.1 },
      emptyWhile: 'no route has failed',
    },
    {
      title: 'Exceptions by class',
      unit: 'ops',
      queries: [
        {
          expr: top('sum by (route, class) (rate(#http_exceptions_total[5m]))'),
          legend: '{{route}} {{class}}',
        },
      ],
      explains: ['http_exceptions_total'],
      emptyWhile: 'no exception has ended a request',
    },
    {
      title: '99th percentile by route',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: top(percentile(0.99, 'http_route_duration_seconds', ['method', 'route'])),
          legend: '{{method}} {{route}}',
        },
      ],
      explains: ['http_route_duration_seconds'],
      thresholds: 'slow-requests',
    },
    {
      title: 'Time spent by route',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (method, route) (rate(#http_route_duration_seconds_sum[5m]))'),
          legend: '{{method}} {{route}}',
        },
      ],
      explains: ['http_route_duration_seconds'],
    },
    {
      title: 'Received by route',
      unit: 'Bps',
      queries: [
        { expr: top('sum by (route) (rate(#http_request_size_bytes_sum[5m]))'), legend: '{{route}}' },
      ],
      explains: ['http_request_size_bytes'],
    },
    {
      title: 'Sent by route',
      unit: 'Bps',
      queries: [
        { expr: top('sum by (route) (rate(#http_response_size_bytes_sum[5m]))'), legend: '{{route}}' },
      ],
      explains: ['http_response_size_bytes'],
    },
  ],
};
