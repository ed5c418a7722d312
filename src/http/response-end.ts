import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setHidden } from '../core/tool/hidden-property.js';
import { replaceMethod } from '../core/tool/method-hook.js';
import { endExchange, type Exchange } from './exchange.js';
import { isOfNodeServer, isQueued } from './node-response.adapter.js';

const QUEUED = Symbol('hyper-metrics.queued');

type ObservedSocket = Socket & { [QUEUED]?: Set<() => void> };

/**
 * Ends the exchange with its response. A response of Node's servers ends with `close`. Other responses end with the first of
 * `finish`, `close` and a call of `end()`.
 *
 * @throws when the response has none of them
 */
export function watchEnd(exchange: Exchange): void {
  const { request, response } = exchange;
  if (isOfNodeServer(request, response)) {
    exchange.queued = onClose(request, response, () => endExchange(exchange));
  } else {
    watchOtherResponse(exchange);
  }
}

/** Returns whether the operating system has the whole response, or the client is gone. Requests of mocks have no socket. */
export function hasEnded({ socket }: Partial<IncomingMessage>, response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed || response.closed || (socket?.destroyed ?? false);
}

/** Calls the listener once, when a response of Node's servers has ended: at once if it has already. */
export function onceEnded(request: IncomingMessage, response: ServerResponse, listener: () => void): void {
  if (hasEnded(request, response)) {
    listener();
    return;
  }
  let isPending = true;
  onClose(request, response, () => {
    if (isPending) {
      isPending = false;
      listener();
    }
  });
}

/**
 * Calls the listener when a response of Node's servers has ended, possibly more than once. `close` follows `finish`, and also
 * comes when the client leaves. A response that waits behind others of its connection gets no `close` when the connection
 * breaks: then the socket's `close` counts.
 *
 * @returns whether the response waits behind others
 */
function onClose(request: IncomingMessage, response: ServerResponse, listener: () => void): boolean {
  response.on('close', listener);
  const queued = isQueued(request, response);
  if (queued) {
    const waiting = queueOf(request.socket);
    waiting.add(listener);
    response.once('close', () => waiting.delete(listener));
  }
  return queued;
}

/** Returns the listeners of the responses that wait on a connection. The socket has one `close` listener for all of them. */
function queueOf(socket: ObservedSocket): Set<() => void> {
  const known = socket[QUEUED];
  if (known !== undefined) {
    return known;
  }
  const waiting = new Set<() => void>();
  setHidden(socket, QUEUED, waiting);
  socket.once('close', () => waiting.forEach((listener) => listener()));
  return waiting;
}

/** Watches `end()` too: the events of some mocks never come. */
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
    typeof response.end === 'function' && hookEnd(response as Pick<ServerResponse, 'end'>, onEnd);
  if (!hasEvents && !hasEnd) {
    throw new TypeError('its response has neither events nor end()');
  }
}

function hookEnd(response: Pick<ServerResponse, 'end'>, onEnd: () => void): boolean {
  return replaceMethod(
    response,
    'end',
    (end) =>
      function endAndRecord(this: ServerResponse, ...args: unknown[]): ServerResponse {
        const result = Reflect.apply(end, this, args) as ServerResponse;
        onEnd();
        return result;
      },
  ).isInPlace;
}
