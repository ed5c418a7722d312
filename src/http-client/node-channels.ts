import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setHidden } from '../core/tool/hidden-property.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { ABORTED, BROKEN_OFF, type Failure, failureOf, TIMED_OUT } from './failure.js';
import type { OutgoingExchange } from './outgoing-exchange.js';
import { isOwnAgent } from './own-requests.js';
import { beginExchange, listenToChannels } from './recording-applications.js';
import { UNIX_SOCKET } from './target-hosts.js';

/** Property of requests, responses and sockets. `null` on requests that are not recorded. */
const EXCHANGE = Symbol('hyper-metrics.outgoing-exchange');

/** Fields that Node's types leave out (20 to 26). */
interface ObservedRequest extends ClientRequest {
  [EXCHANGE]?: OutgoingExchange | null;
  readonly agent?: unknown;
  readonly socketPath?: string | undefined;
  readonly res?: ObservedResponse | null;
  readonly upgradeOrConnect?: boolean;
}

interface ObservedResponse extends IncomingMessage {
  [EXCHANGE]?: OutgoingExchange;
}

interface ObservedSocket extends Socket {
  [EXCHANGE]?: OutgoingExchange | null | undefined;
}

interface ClientMessage {
  readonly request: ObservedRequest;
  readonly response: ObservedResponse;
  readonly error: unknown;
}

/**
 * Observes the requests of `node:http` and `node:https` by Node's channels:
 *
 * - `created` (Node 22.12): in the constructor of the request.
 * - `start`: when the whole request was handed to the socket. The beginning on Node 20, where there is no `created`.
 * - `response.finish`: at the head of the response, in spite of its name, and not for upgrades.
 * - `error`: whenever the request emits `error`.
 *
 * The end of a body has no channel. Listeners of `end` and `close` do not make a stream flow.
 */
export function observeNodeRequests(): Undo {
  return listenToChannels({
    'http.client.request.created': ({ request }: ClientMessage) => begin(request),
    'http.client.request.start': ({ request }: ClientMessage) => begin(request),
    'http.client.response.finish': ({ request, response }: ClientMessage) => answered(request, response),
    'http.client.request.error': ({ request, error }: ClientMessage) => failed(request, error),
  });
}

function begin(request: ObservedRequest): void {
  if (request[EXCHANGE] !== undefined) {
    return;
  }
  // First of all: it is looked at once, also if the following throws.
  setHidden(request, EXCHANGE, null);
  if (isOwnAgent(request.agent)) {
    return;
  }
  const exchange = beginExchange(request.method, targetOf(request), request.path);
  if (exchange !== undefined) {
    request[EXCHANGE] = exchange;
    if (request.socket === null) {
      request.on('socket', onSocket);
    } else {
      onSocket.call(request, request.socket);
    }
    request.on('close', onRequestClose);
  }
}

function answered(request: ObservedRequest, response: ObservedResponse): void {
  // On Node 20, a request whose server answers before the whole body was sent is new here.
  begin(request);
  const exchange = request[EXCHANGE];
  if (exchange !== null && exchange !== undefined) {
    exchange.answered(response.statusCode ?? 0);
    setHidden(response, EXCHANGE, exchange);
    response.on('end', onResponseEnd);
  }
}

function failed(request: ObservedRequest, error: unknown): void {
  // On Node 20, a request that fails before it was sent is new here.
  begin(request);
  const exchange = request[EXCHANGE];
  if (exchange !== null && exchange !== undefined) {
    // Before it has a socket, a request is also destroyed because there is none: with the error of the connection.
    const isOwnEnd =
      (request.destroyed && (request.socket !== null || isHangUp(error))) || request.res?.destroyed === true;
    exchange.failed(ownEnd(exchange, failureOf(error, isOwnEnd)));
  }
}

/** Whether Node.js has made the error, because there is no other one. Errors of sockets have other texts. */
function isHangUp(error: unknown): boolean {
  return error instanceof Error && error.message === 'socket hang up';
}

/**
 * Listens to the socket, and not to the request's event of the same name: agentkeepalive ends silent requests unless they have a listener of
 * it. First of all listeners, because the others end the request.
 */
function onSocket(this: ObservedRequest, socket: ObservedSocket): void {
  setHidden(socket, EXCHANGE, this[EXCHANGE]);
  socket.prependListener('timeout', onTimeout);
}

function onTimeout(this: ObservedSocket): void {
  const exchange = this[EXCHANGE];
  if (exchange !== null && exchange !== undefined) {
    exchange.timedOut = true;
  }
}

function onResponseEnd(this: ObservedResponse): void {
  this[EXCHANGE]?.completed();
}

/** The end of everything else: bodies that nobody reads, bodies that break off, upgrades, requests that are aborted early. */
function onRequestClose(this: ObservedRequest): void {
  // The connection may stay open for other requests.
  this.socket?.removeListener('timeout', onTimeout);
  const exchange = this[EXCHANGE];
  if (exchange === null || exchange === undefined) {
    return;
  }
  const { res: response, upgradeOrConnect, socket } = this;
  if (exchange.status === 0) {
    if (upgradeOrConnect === true && response?.statusCode !== undefined) {
      exchange.completed(response.statusCode);
    } else {
      exchange.failed(ownEnd(exchange, ABORTED));
    }
  } else if (response?.complete === true) {
    // Nobody has asked for the body: its time is not known, and the connection may have stayed open for long.
    const isLeft = response.readableFlowing === null && !response.readableEnded;
    exchange.completed(exchange.status, isLeft ? exchange.answeredAtMs : undefined);
  } else {
    // The server's end of the connection comes as an event of the socket, the application's does not.
    exchange.failed(socket?.readableEnded === true ? BROKEN_OFF : ownEnd(exchange, ABORTED));
  }
}

/** Applications destroy requests in the event `timeout`. */
function ownEnd({ timedOut }: OutgoingExchange, failure: Failure): Failure {
  return timedOut && failure.status === 'aborted' ? TIMED_OUT : failure;
}

function endOfOrigin(url: string): number | undefined {
  const slash = url.indexOf('/', 'https://'.length);
  return slash < 0 ? undefined : slash;
}

/** Returns the target's host with its port, or its origin. */
function targetOf(request: ObservedRequest): string {
  const { host, method, path, socketPath } = request;
  if (socketPath) {
    return UNIX_SOCKET;
  }
  if (path.startsWith('http://') || path.startsWith('https://')) {
    // To a proxy: the path is the URL of the target.
    return path.slice(0, endOfOrigin(path));
  }
  if (method === 'CONNECT') {
    // The path is the authority that the tunnel leads to.
    return path;
  }
  // Node.js keeps no port, but writes it into this header if it is not the protocol's default.
  const header = request.getHeader('host');
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return typeof header === 'string' && header.startsWith(name) && header[name.length] === ':' ? header : name;
}
