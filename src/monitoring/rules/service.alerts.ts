import { failingShare, tooSlow } from './conditions.js';
import type { AlertRule } from './rule.interface.js';

/** Longer requests are slow, in seconds. */
const SLOW_SECONDS = 1;

/**
 * Alerts about requests and the process.
 *
 * @param bounds - upper bounds of the buckets of requests in seconds
 */
export const serviceAlerts = (bounds: readonly number[]): readonly AlertRule[] => [
  {
    alert: 'ServiceErrors',
    expr: failingShare('#http_requests_total{status=~"5.."}', '#http_requests_total', {
      by: 'job',
      above: 0.01,
    }),
    for: '1m',
    severity: 'critical',
    summary: 'One in a hundred requests fails.',
    description:
      '{{ $value | humanizePercentage }} of the requests of {{ $labels.job }} were answered with a status of 5xx.',
    remedy:
      'Find the routes that fail: `topk(5, sum by (method, route, status) (rate(#http_route_duration_seconds_count{status=~"5.."}[5m])))`. ' +
      '**One route**: its handler, or what it depends on. Look at the database’s errors and acquire times at the same moment. ' +
      '**All routes**: what they share, such as an exhausted pool, a guard, or the process itself. ' +
      '**`503` without a route**: a server that shuts down or refuses.',
  },
  {
    alert: 'ServiceSlow',
    ...tooSlow('http_request_duration_seconds', { by: 'job', bounds, seconds: SLOW_SECONDS }),
    for: '10m',
    severity: 'warning',
    summary: 'One in a hundred requests takes too long.',
    description: 'The 99th percentile of {{ $labels.job }} is {{ $value | humanizeDuration }}.',
    remedy:
      '**One route is slow**: its queries, or a service that it calls. Put `@Timed()` on the method that calls it. ' +
      '**All routes are slow**: the event loop is blocked (`nodejs_eventloop_lag_p99_seconds`), the CPU is used up, garbage collection ' +
      'runs all the time (`nodejs_gc_duration_seconds`), or callers wait for connections (`#db_pool_waiting`).',
  },
  {
    alert: 'ServiceRequestsHang',
    // The seconds that ended requests took, by second, are the mean number in flight: a busy service has many that do not hang.
    expr: '#http_requests_in_flight - rate(#http_request_duration_seconds_sum[5m]) > 100',
    for: '15m',
    severity: 'warning',
    summary: 'A hundred requests have been in flight for a quarter of an hour, and do not end.',
    description:
      '{{ $labels.instance }} has {{ printf "%.0f" $value }} requests in flight that do not end. It has been over 100 for a quarter of ' +
      'an hour.',
    remedy:
      'Open event streams are included: raise the number if you have so many. Otherwise responses are never ended. Look for promises ' +
      'that never settle, and set `requestTimeout` of the server or a time limit of your own.',
  },
  {
    alert: 'OutgoingRequestsFail',
    expr: failingShare(
      '#http_client_request_duration_seconds_count{status=~"error|5.."}',
      '#http_client_request_duration_seconds_count',
      { by: 'job, host', above: 0.1 },
    ),
    for: '5m',
    severity: 'warning',
    summary: 'One in ten requests to another service fails.',
    description:
      '{{ $value | humanizePercentage }} of the requests of {{ $labels.job }} to {{ $labels.host }} get no response, or one with a status of 5xx.',
    remedy:
      'Find the reason: `sum by (code) (rate(#http_client_errors_total[5m]))`. **`ECONNREFUSED`, `ENOTFOUND`**: the service is down, or its ' +
      'address is wrong. **Timeouts**: it is too slow for the limit. **No code**: it answers with 5xx. Find the routes that wait for it: ' +
      '`#http_route_outgoing_seconds_total`.',
  },
  {
    alert: 'ServiceMemoryNearLimit',
    expr: [
      'sum by (job, instance) (@process_resident_memory_bytes)',
      '/ sum by (job, instance) (#process_memory_limit_bytes) > 0.9',
    ].join('\n'),
    for: '10m',
    severity: 'warning',
    summary: 'The process uses nine tenths of the memory that it may use.',
    description: '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory limit.',
    remedy:
      'At the limit the kernel ends the process. **When the heap rises until each restart** (`nodejs_heap_size_used_bytes`): a leak. ' +
      '**When it does not**: raise the limit, or set `--max-old-space-size` to three quarters of it.',
  },
  {
    alert: 'ServiceRestarts',
    // With `cluster` both are of the oldest process. Each worker that is replaced in a reload was the oldest, but the new ones stay.
    expr: [
      'changes(#process_start_time_seconds[30m]) > 3',
      'and max_over_time(#uptime_seconds[15m]) < 900',
    ].join('\n'),
    for: '1m',
    severity: 'critical',
    summary: 'The process has been started again more than three times in half an hour.',
    description: '{{ $labels.instance }} was started again {{ $value }} times in half an hour.',
    remedy:
      'Look for lack of memory (`process_resident_memory_bytes` rises until each restart), an uncaught error (in the log), or a ' +
      'liveness probe that is too strict.',
  },
  {
    alert: 'ServiceWorkersRestart',
    // A reload or a deployment is over within ten minutes or two; a worker that ends again and again is replaced in each ten of them.
    expr: [
      'increase(#cluster_starts_total[10m]) > 0',
      'and increase(#cluster_starts_total[10m] offset 10m) > 0',
      'and increase(#cluster_starts_total[10m] offset 20m) > 0',
    ].join('\n'),
    for: '1m',
    severity: 'warning',
    summary: 'Workers of the cluster have been started for half an hour.',
    description: '{{ printf "%.0f" $value }} processes of {{ $labels.instance }} started in ten minutes.',
    remedy:
      'A worker ends again and again, and is replaced. Its last requests fail, and the others serve the rest, so that other alerts may ' +
      'be silent. The log of the primary, or of PM2, has exit codes and signals. Look for an uncaught error, or a limit of memory.',
  },
  {
    alert: 'ServiceEventLoopBlocked',
    expr: '@nodejs_eventloop_lag_p99_seconds > 0.5',
    for: '5m',
    severity: 'warning',
    summary: 'The event loop is blocked for half a second at a time.',
    description:
      'The 99th percentile of the event loop’s lag of {{ $labels.instance }} is {{ $value | humanizeDuration }}.',
    remedy:
      'Synchronous work keeps all requests waiting: large JSON, `…Sync()` functions, regular expressions on long texts, loops over ' +
      'many rows. Record a CPU profile (`node --cpu-prof`). Move the work into a worker thread, or cut it into pieces.',
  },
];
