import type { Guide } from './guide.interface.js';

export const HTTP_GUIDE: Guide = {
  http_requests_total: {
    unit: 'requests',
    query: 'sum(rate(#http_requests_total{status=~"5.."}[5m])) / sum(rate(#http_requests_total[5m]))',
    remedy:
      '**When the share of errors rises**: find the routes that fail (`#http_route_duration_seconds_count`). One route: its handler, or what it calls. All routes: what they share, such as an exhausted pool. **When 499 rises**: clients give up before the answer. Compare with the 99th percentile.',
  },
  http_request_duration_seconds: {
    unit: 'seconds',
    query: 'histogram_quantile(0.99, sum by (le) (rate(#http_request_duration_seconds_bucket[5m])))',
    remedy:
      '**When it rises**: find the slow routes. If all are slow: the event loop (`nodejs_eventloop_lag_p99_seconds`), the CPU, garbage collection, or callers that wait for connections (`#db_pool_waiting`).',
  },
  http_requests_in_flight: {
    unit: 'requests',
    query: 'min_over_time(#http_requests_in_flight[15m])',
    remedy:
      '**When it rises and the rate of requests does not**: requests take longer, or hang. **When it does not go back at a quiet time**: a response is never ended. Look for promises that never settle. Open event streams are included.',
  },
  http_route_duration_seconds: {
    unit: 'seconds',
    query:
      'topk(5, histogram_quantile(0.99, sum by (le, method, route) (rate(#http_route_duration_seconds_bucket[5m]))))',
    remedy:
      '**When one route is slow**: its queries (`#n_plus_one_by_route_total`), or a service that it calls. Put `@Timed()` on the methods that call it. **When `<unmatched>` rises**: a client with a wrong version, or a scanner. **When it has too many series**: use fewer `http.buckets` and `http.labels`.',
  },
  http_request_size_bytes: {
    unit: 'bytes',
    query:
      'sum by (route) (rate(#http_request_size_bytes_sum[5m])) / sum by (route) (rate(#http_request_size_bytes_count[5m]))',
    remedy:
      '**When uploads are larger than you expect**: set a limit for bodies, in the application and in the proxy before it.',
  },
  http_response_size_bytes: {
    unit: 'bytes',
    query: 'topk(5, sum by (route) (rate(#http_response_size_bytes_sum[5m])))',
    remedy: '**When answers are large**: lists without a limit, or no compression.',
  },
  http_exceptions_total: {
    unit: 'exceptions',
    query: 'topk(10, sum by (route, class) (rate(#http_exceptions_total[5m])))',
    remedy:
      '**When a class of your own or of a library appears**: search the code or the log for it, on that route. **`TypeError` and `ReferenceError`**: a programming error, usually since the last deployment. **`<minified e>`**: build the service with the names of classes (`keep_classnames`), or set `name` in the constructor.',
  },
  handler_duration_seconds: {
    unit: 'seconds',
    query:
      'topk(5, histogram_quantile(0.99, sum by (le, class, handler) (rate(#handler_duration_seconds_bucket[5m]))))',
    remedy:
      '**When it is much shorter than the time of its route**: the time passes before the handler (guards, body parsers, the event loop) or after it (serialising, a slow client). **When it is as long**: the handler itself is slow.',
  },
};
