import type { CatalogFamily } from './catalog-family.js';

const group = 'HTTP requests';
const when = '`http` is on';

/** Buckets of both duration histograms in seconds: the twelve of the reference document. */
export const HTTP_DURATION_BUCKETS_SECONDS = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Buckets of both size histograms in bytes: from 256 B to 64 MiB, by factors of four. */
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
  exemplars: 'of requests with `status` 500 and above',
  meaning:
    'Every request except scrapes, those of the live page and ignored ones, once, when its response has ended. `status` is the status sent, or ' +
    '`499` if the client disconnected before headers were sent.',
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
  exemplars: 'of requests',
  meaning:
    'From the arrival of the request’s headers to the end of its response (or the client’s disconnect). Event ' +
    'streams are excluded, because their duration is not a latency.',
} as const satisfies CatalogFamily;

export const HTTP_REQUESTS_IN_FLIGHT = {
  name: 'http_requests_in_flight',
  type: 'gauge',
  labelNames: [],
  help: 'HTTP requests currently being processed.',
  group,
  when,
  contract: true,
  meaning: 'Requests whose response has not ended, including open event streams, without scrapes.',
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
  exemplars: 'of requests',
  meaning:
    '`route` is the template the router matched (`/books/:id`), with global prefix and URI version, never the URL; ' +
    'the mount path, or `<middleware>`, if middleware answered; `<unmatched>` if no route matched. `<mounted>` replaces the ' +
    'path at which an Express router of the application is mounted. Event streams are excluded. The ' +
    'labels of `http.labels` follow `status`.',
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
  exemplars: 'of requests',
  meaning: 'Bytes of the body received before the response ended, before decompression, without headers.',
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
  exemplars: 'of requests',
  meaning:
    'Bytes of the body written to the connection, after compression, without headers and chunk framing. ' +
    'Responses to HEAD, and with a status that has no body, count as 0 bytes.',
} as const satisfies CatalogFamily;

export const HTTP_EXCEPTIONS_TOTAL = {
  name: 'http_exceptions_total',
  type: 'counter',
  labelNames: ['route', 'class'],
  help: 'Total exceptions that ended HTTP requests with a server error, by route template and class.',
  group,
  when: '`http.exceptions` is on',
  contract: false,
  meaning:
    'Exceptions that reached Nest’s exception layer, from guards, interceptors, pipes, handlers, filters or the framework, whatever filter answered, if the ' +
    'status sent is 5xx (with `http.exceptions.clientErrors`, also 4xx). `class` is the name of the class; `<minified e>` for names of one or two ' +
    'characters, `<anonymous>`, the type of a value that is no object, and `other` past 100 classes.',
  exemplars: 'of the request',
} as const satisfies CatalogFamily;

export const HANDLER_DURATION_SECONDS = {
  name: 'handler_duration_seconds',
  type: 'histogram',
  labelNames: ['type', 'class', 'handler', 'outcome'],
  buckets: HTTP_DURATION_BUCKETS_SECONDS,
  help: 'Duration of controller, resolver, gateway and message handlers in seconds by outcome.',
  atZero: 'every outcome of a handler from its first call on',
  group: 'Handlers',
  when: '`http.handlers` is `true`, or `HttpMetricsInterceptor` is bound manually',
  contract: false,
  exemplars: 'of the code that calls the handler',
  meaning:
    '`type` is http, rpc, ws or graphql. From the interceptor (after guards) to the end of the handler’s result: a ' +
    'promise’s settlement, an Observable’s completion, or the settlement of the promise it emitted last, if Nest awaits it ' +
    '(HTTP, GraphQL). `outcome` is success, error, or cancelled (unsubscribed before completion). Requests that ' +
    'never reach a handler (guard rejections, 404s) are not recorded.',
} as const satisfies CatalogFamily;

export const HTTP_FAMILIES: readonly CatalogFamily[] = [
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_ROUTE_DURATION_SECONDS,
  HTTP_REQUEST_SIZE_BYTES,
  HTTP_RESPONSE_SIZE_BYTES,
  HTTP_EXCEPTIONS_TOTAL,
  HANDLER_DURATION_SECONDS,
];
