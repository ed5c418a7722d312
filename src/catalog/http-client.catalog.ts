import type { CatalogFamily } from './catalog-family.js';

const group = 'Outgoing requests';
const when = '`httpClient` is on';

/** Buckets of outgoing requests in seconds: from a neighbouring service to a slow third party. */
export const HTTP_CLIENT_DURATION_BUCKETS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

export const HTTP_CLIENT_REQUEST_DURATION_SECONDS = {
  name: 'http_client_request_duration_seconds',
  type: 'histogram',
  labelNames: ['method', 'host', 'status'],
  buckets: HTTP_CLIENT_DURATION_BUCKETS_SECONDS,
  help: 'Outgoing HTTP request duration in seconds by method, host and status.',
  atZero: 'with `status="error"`, each method and host from its first request on',
  group,
  when,
  contract: false,
  exemplars: 'of the code that sends the request',
  meaning:
    'From the call to the end of the response’s body, once for each request on the wire: each redirect and each retry is one. `status` is ' +
    'the number of a response that was received completely, `error` if the request or its response failed, `aborted` if the application ' +
    'ended it. `host` has the port unless it is the protocol’s default; past `httpClient.maxHosts` it is `other`.',
} as const satisfies CatalogFamily;

export const HTTP_CLIENT_ERRORS_TOTAL = {
  name: 'http_client_errors_total',
  type: 'counter',
  labelNames: ['host', 'code'],
  help: 'Total outgoing HTTP requests without a complete response, by host and error code.',
  group,
  when,
  contract: false,
  exemplars: 'of the code that sends the request',
  meaning:
    '`code` is the code of Node.js or undici, such as `ECONNREFUSED` or `UND_ERR_HEADERS_TIMEOUT`; `ETIMEDOUT` also for ' +
    '`AbortSignal.timeout()` and a socket that was silent for too long, `ABORT_ERR` for requests that the application ended, `unknown` for errors ' +
    'without a code, and `other` past 50 codes. Responses with an error status are not counted here.',
} as const satisfies CatalogFamily;

export const HTTP_ROUTE_OUTGOING_SECONDS_TOTAL = {
  name: 'http_route_outgoing_seconds_total',
  type: 'counter',
  labelNames: ['route'],
  help: 'Total seconds of outgoing HTTP requests, by the route whose code sent them.',
  atZero: 'from the start, `<background>`',
  group,
  when,
  contract: false,
  meaning:
    'Durations of requests that run at the same time are added up. `route` is that of `http_route_duration_seconds`, the name of a unit of ' +
    'work, or `<background>` for requests that are sent outside of both or after their end.',
} as const satisfies CatalogFamily;

export const HTTP_CLIENT_FAMILIES: readonly CatalogFamily[] = [
  HTTP_CLIENT_REQUEST_DURATION_SECONDS,
  HTTP_CLIENT_ERRORS_TOTAL,
  HTTP_ROUTE_OUTGOING_SECONDS_TOTAL,
];
