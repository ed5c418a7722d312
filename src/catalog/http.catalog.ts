import type { CatalogFamily } from './catalog-family.js';

const group = 'HTTP requests';
const when = '`http` is on';

/** Buckets of both duration histograms in seconds: the twelve of the reference document. */
export const HTTP_DURATION_BUCKETS_SECONDS = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

export const HTTP_REQUESTS_TOTAL = {
  name: 'http_requests_total',
  type: 'counter',
  labelNames: ['method', 'status'],
  help: 'Total HTTP requests by method and status code.',
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
    '`<unmatched>` when no route matched or the request was answered before routing. Event streams are left out.',
} as const satisfies CatalogFamily;
