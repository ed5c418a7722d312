import type { Guide } from './guide.interface.js';

export const METHODS_GUIDE: Guide = {
  method_duration_seconds: {
    unit: 'seconds',
    query: 'topk(5, sum by (class, method) (rate(#method_duration_seconds_sum[5m])))',
    remedy:
      '**When a method takes most of the time**: put `@Timed()` on the methods that it calls, until you find the slow part.',
  },
  method_calls_total: {
    unit: 'calls',
    query:
      'sum by (class, method) (rate(#method_calls_total{outcome="error"}[5m])) / sum by (class, method) (rate(#method_calls_total[5m]))',
    remedy:
      '**When the share of errors rises**: see the log of that method. **When calls stop**: what starts them (a queue, a schedule) has stopped.',
  },
  method_in_flight: {
    unit: 'calls',
    query: 'min_over_time(#method_in_flight[15m])',
    remedy:
      '**When it never goes back to 0**: a promise that never settles, or an Observable that never completes.',
  },
};
