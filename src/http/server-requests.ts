import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Detach, HttpAdapter, RequestObserver } from './http-adapter.interface.js';

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** As far as it goes here: `getHttpServer()` of adapters may answer anything. */
interface RequestServer {
  on(event: string, listener: () => void): unknown;
  prependListener(event: 'request', listener: RequestListener): unknown;
  removeListener(event: string, listener: RequestListener | (() => void)): unknown;
  listeners(event: 'request'): unknown[];
}

/** What Node publishes for each request of each of its HTTP/1 servers, before it answers any by itself (Node 20 to 26). */
const REQUEST_START = 'http.server.request.start';

interface RequestStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: RequestServer;
}

/**
 * Sees the requests of the adapter's server before the framework does, so that what the framework, Node itself (no `Host`, an
 * unknown `Expect`, more than `maxRequestsPerSocket`) and other listeners of the server answer is seen too.
 *
 * @param frameworkListener - the listener by which a further server is known to be the framework's
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

/** HTTP/2, and requests that are emitted by hand. */
function observeRequests(server: RequestServer, observer: RequestObserver): Detach {
  const listener: RequestListener = (request, response) => observer.onServerRequest(request, response);
  server.prependListener('request', listener);
  return () => server.removeListener?.('request', listener);
}

/**
 * Subscribed from the server's first connection until it closes: Node publishes the requests of all servers of the process. A
 * further server with the same listener is the framework's too: Fastify opens one for each address of `localhost`.
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
  const onRequestStart = (message: unknown): void => {
    try {
      const { request, response, server: other } = message as RequestStart;
      if (other === server || isOurs(other)) {
        observer.onServerRequest(request, response);
      }
    } catch {
      // Anyone can publish there, and what a subscriber throws ends the process.
    }
  };
  let isSubscribed = false;
  const start = (): void => {
    if (!isSubscribed) {
      isSubscribed = true;
      subscribe(REQUEST_START, onRequestStart);
    }
  };
  const stop = (): void => {
    isSubscribed = false;
    unsubscribe(REQUEST_START, onRequestStart);
  };
  // Also of a server that does not listen and is handed its connections, as the workers of a sticky cluster are.
  server.on('connection', start);
  server.on('close', stop);
  return () => {
    server.removeListener('connection', start);
    server.removeListener('close', stop);
    stop();
  };
}
