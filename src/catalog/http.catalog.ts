import type { CatalogFamily } from './catalog-family.js';

const group = 'HTTP requests';
const when = '`http` is on';

/** Buckets of both duration histograms in seconds: the twelve of the reference document. */
export const HTTP_DURATION_BUCKETS_SECONDS = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Buckets of both size histograms in bytes: from 256 B to 64 MiB, each four times the one before. */
export const HTTP_SIZE_BUCKETS_BYTES = [
  256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
] as const;

export const HTTP_REQUESTS_TOTAL = {
  name: 'http_requests_total',
  type: 'counter',
  labelNames: ['method', 'status'],
  help: 'Total HTTP requests by method and status code.',
  atZero:
    'from the start, GET, POST, PUT, PATCH and DELETE with Nest’s status of success (200, POST 201) and with 500; any other method ' +
    'with 500 from its first request on',
  group,
  when,
  contract: true,
  meaning:
    'Every request but scrapes and ignored ones, once, when its response has ended. `status` is the status sent; ' +
    '`499` when the client left before headers were sent.',
} as const satisfies CatalogFamily;

export const HTTP_REQUEST_DURATION_SECONDS = {
  name: 'http_request_duration_seconds',
  type: 'histogram',
  labelNames: [],
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  help: 'HTTP request duration in seconds.',
  group,
  when,
  contract: true,
  meaning:
    'From the arrival of the request’s headers to the end of its response (or the client’s departure). Event ' +
    'streams are left out: how long a client listens is not a latency.',
} as const satisfies CatalogFamily;

export const HTTP_REQUESTS_IN_FLIGHT = {
  name: 'http_requests_in_flight',
  type: 'gauge',
  labelNames: [],
  help: 'HTTP requests currently being processed.',
  group,
  when,
  contract: true,
  meaning:
    'Requests that arrived and whose response has not ended; open event streams included, scrapes not.',
} as const satisfies CatalogFamily;

export const HTTP_ROUTE_DURATION_SECONDS = {
  name: 'http_route_duration_seconds',
  type: 'histogram',
  labelNames: ['method', 'route', 'status'],
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  help: 'HTTP request duration in seconds by method, route template and status code.',
  group,
  when: '`http` is on and `http.routes` is not `false`',
  contract: false,
  meaning:
    '`route` is the template the router matched (`/books/:id`), with global prefix and URI version, never the URL; ' +
    'the mount path, or `<middleware>`, when middleware answered; `<unmatched>` when nothing did; `<mounted>` stands for ' +
    'where an Express router of the application is mounted. Event streams are left out. The ' +
    'labels of `http.labels` come after `status`.',
} as const satisfies CatalogFamily;

export const HTTP_REQUEST_SIZE_BYTES = {
  name: 'http_request_size_bytes',
  type: 'histogram',
  labelNames: ['method', 'route'],
  buckets: HTTP_SIZE_BUCKETS_BYTES,
  help: 'HTTP request body size in bytes by method and route template.',
  group,
  when: '`http.sizes` is `true`',
  contract: false,
  meaning:
    'Bytes of the body that arrived until the response ended, as sent (before decompression); without headers.',
} as const satisfies CatalogFamily;

export const HTTP_RESPONSE_SIZE_BYTES = {
  name: 'http_response_size_bytes',
  type: 'histogram',
  labelNames: ['method', 'route'],
  buckets: HTTP_SIZE_BUCKETS_BYTES,
  help: 'HTTP response body size in bytes by method and route template.',
  group,
  when: '`http.sizes` is `true`',
  contract: false,
  meaning:
    'Bytes of the body that were written to the connection, after compression; without headers and chunk framing. ' +
    'Answers to HEAD, and with a status that has no body, are 0 bytes.',
} as const satisfies CatalogFamily;

export const HANDLER_DURATION_SECONDS = {
  name: 'handler_duration_seconds',
  type: 'histogram',
  labelNames: ['type', 'class', 'handler', 'outcome'],
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  help: 'Duration of controller, resolver, gateway and message handlers in seconds by outcome.',
  atZero: 'every outcome of a handler from its first call on',
  group: 'Handlers',
  when: '`http.handlers` is `true`, or where `HttpMetricsInterceptor` is bound by hand',
  contract: false,
  meaning:
    '`type` is http, rpc, ws or graphql. From the interceptor (after guards) to the end of the handler’s result: a ' +
    'promise’s settlement, an Observable’s completion, or the settlement of a promise that it emitted last and that Nest awaits ' +
    '(HTTP, GraphQL). `outcome` is success, error, or cancelled when the result was unsubscribed before it completed. What ' +
    'never reaches a handler (guard rejections, 404s) is not here.',
} as const satisfies CatalogFamily;
