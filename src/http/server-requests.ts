import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenToChannel } from '../core/tool/channel.js';
import type { Undo } from '../core/tool/subscriptions.js';
import type { Detach, HttpAdapter, RequestObserver } from './http-adapter.interface.js';

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The part of a server that is used here. `getHttpServer()` of an adapter may return anything. */
interface RequestServer {
  on(event: string, listener: () => void): unknown;
  prependListener(event: 'request', listener: RequestListener): unknown;
  removeListener(event: string, listener: RequestListener | (() => void)): unknown;
  listeners(event: 'request'): unknown[];
}

/** Node's channel of requests of all its HTTP/1 servers, including those that Node answers itself (Node 20 to 26). */
const REQUEST_START = 'http.server.request.start';

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: RequestServer;
}

/**
 * Observes the requests of the adapter's server before the framework gets them. So it sees requests that are answered by Node (no
 * `Host`, an unknown `Expect`, more than `maxRequestsPerSocket`), by other listeners of the server, or by the framework before
 * its hooks.
 *
 * @param frameworkListener - the listener that identifies other servers of the framework
 */
export function listenToServer(
  adapter: HttpAdapter,
  observer: RequestObserver,
  frameworkListener?: unknown,
): Detach {
  const server = adapter.getHttpServer() as Partial<RequestServer> | null | undefined;
  if (typeof server?.prependListener !== 'function') {
    return () => {};
  }
  const detachers = [
    observeRequests(server as RequestServer, observer),
    observeRequestStarts(server as RequestServer, observer, frameworkListener),
  ];
  return () => detachers.forEach((detach) => detach());
}

/** Observes HTTP/2, and requests that code emits on the server. */
function observeRequests(server: RequestServer, observer: RequestObserver): Detach {
  const listener: RequestListener = (request, response) => observer.onServerRequest(request, response);
  server.prependListener('request', listener);
  return () => server.removeListener?.('request', listener);
}

/**
 * Observes Node's channel from the server's first connection until it closes; the channel has the requests of all servers of the
 * process. A server with the same listener is the framework's too: Fastify opens one for each address of `localhost`.
 */
function observeRequestStarts(server: RequestServer, observer: RequestObserver, listener: unknown): Detach {
  const known = new WeakMap<RequestServer, boolean>([[server, true]]);
  const isOurs = (other: RequestServer): boolean => {
    let answer = known.get(other);
    if (answer === undefined) {
      answer = listener !== undefined && other.listeners('request').includes(listener);
      known.set(other, answer);
    }
    return answer;
  };
  const onRequestStart = ({ request, response, server: other }: RequestStart): void => {
    if (other === server || isOurs(other)) {
      observer.onServerRequest(request, response);
    }
  };
  let end: Undo | undefined;
  const start = (): void => {
    end ??= listenToChannel(REQUEST_START, onRequestStart);
  };
  const stop = (): void => {
    end?.();
    end = undefined;
  };
  // Not on 'listening': workers of a sticky cluster do not listen; connections are passed to them.
  server.on('connection', start);
  server.on('close', stop);
  return () => {
    server.removeListener('connection', start);
    server.removeListener('close', stop);
    stop();
  };
}
