import { percentile } from '../percentile.js';
import { top } from './http.panels.js';
import type { PanelRow } from './panel.interface.js';

export const OUTGOING_ROW: PanelRow = {
  title: 'Outgoing requests',
  panels: [
    {
      title: 'Outgoing requests by host',
      unit: 'reqps',
      queries: [
        {
          expr: top('sum by (host) (rate(#http_client_request_duration_seconds_count[5m]))'),
          legend: '{{host}}',
        },
      ],
      explains: ['http_client_request_duration_seconds'],
    },
    {
      title: 'Share of failures by host',
      unit: 'percentunit',
      queries: [
        {
          expr: top(
            [
              'sum by (host) (rate(#http_client_request_duration_seconds_count{status=~"error|5.."}[5m]))',
              '/ sum by (host) (rate(#http_client_request_duration_seconds_count[5m]))',
            ].join('\n'),
          ),
          legend: '{{host}}',
        },
      ],
      explains: ['http_client_request_duration_seconds'],
      thresholds: { warning: 0.01, critical: 0.1 },
    },
    {
      title: 'Outgoing errors by code',
      unit: 'reqps',
      queries: [
        {
          expr: top('sum by (host, code) (rate(#http_client_errors_total[5m]))'),
          legend: '{{host}} {{code}}',
        },
      ],
      explains: ['http_client_errors_total'],
      thresholds: { warning: 0.1, critical: 1 },
      emptyWhile: 'no outgoing request has failed',
    },
    {
      title: '99th percentile by host',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: top(percentile(0.99, 'http_client_request_duration_seconds', ['host'])),
          legend: '{{host}}',
        },
      ],
      explains: ['http_client_request_duration_seconds'],
      thresholds: { warning: 0.5, critical: 1 },
    },
    {
      title: 'Time of outgoing requests by route',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (route) (rate(#http_route_outgoing_seconds_total[5m]))'),
          legend: '{{route}}',
        },
      ],
      explains: ['http_route_outgoing_seconds_total'],
    },
  ],
};
