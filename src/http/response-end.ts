import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { replaceMethod } from '../core/tool/method-hook.js';
import { endExchange, type Exchange } from './exchange.js';
import { isOfNodeServer, isQueued } from './node-response.adapter.js';

const QUEUED = Symbol('hyper-metrics.queued');

type ObservedSocket = Socket & { [QUEUED]?: Set<Exchange> };

/**
 * Has the exchange end with its response. A response of Node's servers ends with `close`, which follows `finish` and also
 * comes when the client leaves. Only responses that still wait in a pipeline get no `close` when their connection breaks:
 * for those the socket tells. Other responses end with the first that comes of `finish`, `close` and a call of `end()`.
 *
 * @throws when the response has none of them
 */
export function watchEnd(exchange: Exchange): void {
  const { request, response } = exchange;
  if (!isOfNodeServer(request, response)) {
    watchOtherResponse(exchange);
    return;
  }
  response.on('close', () => endExchange(exchange));
  if (isQueued(request, response)) {
    exchange.queued = true;
    watchSocket(request.socket, exchange);
  }
}

/** One listener a connection, however many responses wait on it. */
function watchSocket(socket: ObservedSocket, exchange: Exchange): void {
  let queued = socket[QUEUED];
  if (queued === undefined) {
    queued = new Set();
    socket[QUEUED] = queued;
    socket.once('close', () => queued?.forEach(endExchange));
  }
  queued.add(exchange);
  exchange.response.once('close', () => queued.delete(exchange));
}

/** Some mocks have events that never come, so `end()` is watched too. */
function watchOtherResponse(exchange: Exchange): void {
  const response = exchange.response as Partial<ServerResponse>;
  const onEnd = (): void => {
    exchange.ended = true;
    endExchange(exchange);
  };
  const hasEvents = typeof response.on === 'function';
  if (hasEvents) {
    response.on?.('finish', onEnd);
    response.on?.('close', () => endExchange(exchange));
  }
  const hasEnd =
    typeof response.end === 'function' && shadowEnd(response as Pick<ServerResponse, 'end'>, onEnd);
  if (!hasEvents && !hasEnd) {
    throw new TypeError('its response has neither events nor end()');
  }
}

function shadowEnd(response: Pick<ServerResponse, 'end'>, onEnd: () => void): boolean {
  const { isInPlace } = replaceMethod(
    response,
    'end',
    (end) =>
      function endAndRecord(this: ServerResponse, ...args: unknown[]): ServerResponse {
        const result = Reflect.apply(end, this, args) as ServerResponse;
        onEnd();
        return result;
      },
  );
  return isInPlace;
}
