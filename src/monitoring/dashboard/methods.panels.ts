import { percentile } from '../percentile.js';
import { top } from './http.panels.js';
import type { PanelRow } from './panel.interface.js';

export const METHODS_ROW: PanelRow = {
  title: 'Handlers and methods',
  panels: [
    {
      title: '99th percentile by handler',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: top(percentile(0.99, 'handler_duration_seconds', ['class', 'handler'])),
          legend: '{{class}}.{{handler}}',
        },
      ],
      explains: ['handler_duration_seconds'],
      thresholds: 'slow-requests',
    },
    {
      title: 'Errors by handler',
      unit: 'ops',
      queries: [
        {
          expr: top(
            'sum by (class, handler) (rate(#handler_duration_seconds_count{outcome="error"}[5m])) > 0',
          ),
          legend: '{{class}}.{{handler}}',
        },
      ],
      explains: ['handler_duration_seconds'],
      thresholds: { warning: 0.01, critical: 0.1 },
      emptyWhile: 'no handler has failed',
    },
    {
      title: '99th percentile by method',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: top(percentile(0.99, 'method_duration_seconds', ['class', 'method'])),
          legend: '{{class}}.{{method}}',
        },
      ],
      explains: ['method_duration_seconds'],
    },
    {
      title: 'Time spent by method',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (class, method) (rate(#method_duration_seconds_sum[5m]))'),
          legend: '{{class}}.{{method}}',
        },
      ],
      explains: ['method_duration_seconds'],
    },
    {
      title: 'Calls by outcome',
      unit: 'ops',
      queries: [
        {
          expr: top('sum by (class, method, outcome) (rate(#method_calls_total[5m]))'),
          legend: '{{class}}.{{method}} {{outcome}}',
        },
      ],
      explains: ['method_calls_total'],
    },
    {
      title: 'Calls in flight',
      unit: 'short',
      queries: [{ expr: top('sum by (class, method) (#method_in_flight)'), legend: '{{class}}.{{method}}' }],
      explains: ['method_in_flight'],
    },
  ],
};
