import { setHidden } from '../core/tool/hidden-property.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { failureOf } from './failure.js';
import type { OutgoingExchange } from './outgoing-exchange.js';
import { beginExchange, listenToChannels } from './recording-applications.js';

/** Property of requests. */
const EXCHANGE = Symbol('hyper-metrics.outgoing-exchange');

/** undici's request (6 to 8), the same object in all messages about it. */
interface UndiciRequest {
  [EXCHANGE]?: OutgoingExchange;
  readonly method: string;
  readonly origin?: string | URL;
  readonly path: string;
  readonly upgrade?: unknown;
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response: { readonly statusCode: number };
  readonly error: unknown;
}

/**
 * Observes the requests of undici, and of `fetch()`, which is undici, over HTTP/1 and HTTP/2. `trailers` is published at the end of each
 * body, with trailers or without.
 */
export function observeUndiciRequests(): Undo {
  return listenToChannels({
    'undici:request:create': ({ request }: UndiciMessage) => begin(request),
    'undici:request:headers': ({ request, response }: UndiciMessage) =>
      request[EXCHANGE]?.answered(response.statusCode),
    'undici:request:trailers': ({ request }: UndiciMessage) => request[EXCHANGE]?.completed(),
    'undici:request:error': ({ request, error }: UndiciMessage) =>
      request[EXCHANGE]?.failed(failureOf(error, false)),
  });
}

function begin(request: UndiciRequest): void {
  const { method, origin = '', path, upgrade } = request;
  // The end of upgrades and of tunnels through proxies is published by no channel.
  if (method !== 'CONNECT' && (upgrade === null || upgrade === undefined)) {
    const target = typeof origin === 'string' ? origin : origin.origin;
    const exchange = beginExchange(method, target, path);
    if (exchange !== undefined) {
      setHidden(request, EXCHANGE, exchange);
    }
  }
}
