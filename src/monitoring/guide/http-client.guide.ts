import type { Guide } from './guide.interface.js';

export const HTTP_CLIENT_GUIDE: Guide = {
  http_client_request_duration_seconds: {
    unit: 'seconds',
    query:
      'topk(5, histogram_quantile(0.99, sum by (le, host) (rate(#http_client_request_duration_seconds_bucket[5m]))))',
    remedy:
      '**When one host is slow**: look at that service. If it says that it is fast, the time passes on the way: DNS, TLS, no kept connections, or an agent whose `maxSockets` are in use. **When all hosts are slow**: the event loop (`#eventloop_utilization_ratio`) or the network. **When a failure takes long**: set a time limit, such as `AbortSignal.timeout()`.',
  },
  http_client_errors_total: {
    unit: 'requests',
    query: 'sum by (host, code) (rate(#http_client_errors_total[5m])) > 0',
    remedy:
      '**When `ECONNREFUSED` or `ENOTFOUND` rises**: the service is down, or its address is wrong. **When `ETIMEDOUT` or `UND_ERR_…_TIMEOUT` rises**: it is too slow for the limit. **When `ECONNRESET` or `UND_ERR_SOCKET` rises**: it closed the connection; if that happens to the first request after a pause, it closes idle connections earlier than the client. **When `ABORT_ERR` rises**: the application did not want the answer any more.',
  },
  http_route_outgoing_seconds_total: {
    unit: 'seconds',
    query:
      'topk(5, sum by (route) (rate(#http_route_outgoing_seconds_total[5m])) / sum by (route) (rate(#http_route_duration_seconds_sum[5m])))',
    remedy:
      '**When it is near the time of the route**: the route waits for other services. Send requests that do not need each other at the same time, keep answers in a cache, or move the work out of the request. Above 1, requests already run at the same time.',
  },
};
