import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type BodySizes, countBodyBytes, sentBodyBytes } from './body-sizes.js';
import type { ComputedLabels } from '../core/computed-labels.js';
import type { HttpLabelContext } from '../options/hyper-metrics-options.interface.js';
import { nowMs, secondsSince } from '../core/stopwatch.js';
import type { RequestFilter } from './ignore-rules.js';
import type { InFlightMark, RequestRecorder } from './request-recorder.js';
import { UNMATCHED_ROUTE } from './route-label.js';

/** nginx's word for a client that left before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

/** One request and its response, from arrival to end. */
export interface Exchange {
  readonly lifecycle: RequestLifecycle;
  /** As it arrived; middleware may rewrite the request's. */
  readonly method: string;
  readonly startedAtMs: number;
  readonly inFlightMark: InFlightMark;
  /** The framework's own request and response, once the framework has them. */
  frameworkRequest: unknown;
  frameworkResponse: unknown;
  /** Bytes of the bodies so far, when they are counted. */
  readonly sizes: BodySizes | undefined;
  /** Whether the response waits behind others on its connection and has no socket yet. */
  queued: boolean;
  /** Whether the client left while it was still sending, before headers were sent. */
  clientLeft: boolean;
}

const EXCHANGE = Symbol('hyper-metrics.exchange');
const QUEUED = Symbol('hyper-metrics.queued');

type ObservedResponse = ServerResponse & { [EXCHANGE]?: Exchange | null };
type ObservedSocket = Socket & { [QUEUED]?: Set<ObservedResponse> };

/**
 * Sees every request from its arrival to the end of its response and records it exactly once.
 *
 * A request can be announced more than once (by the server's event and by the framework's hook); the first time
 * counts. It ends with the response's `close`, which follows `finish` and also comes when the client leaves. Only
 * responses that still wait in a pipeline get no `close` when their connection breaks: for those the socket tells.
 */
export class RequestLifecycle {
  private active = false;
  private routeOf: (frameworkRequest: unknown) => string = () => UNMATCHED_ROUTE;

  constructor(
    private readonly recorder: RequestRecorder,
    private readonly isIgnored: RequestFilter,
    private readonly labels: ComputedLabels<HttpLabelContext>,
    private readonly onLabelError: (label: string, error: unknown) => void,
    private readonly countSizes: boolean,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @param routeOf - the template that the router matched for one of the framework's requests */
  start(routeOf: (frameworkRequest: unknown) => string): void {
    this.routeOf = routeOf;
    this.active = true;
  }

  /** New requests leave no trace from now on; those under way are still recorded at their end. */
  stop(): void {
    this.active = false;
  }

  /** The exchange of this response; `undefined` when it leaves no trace. Never throws. */
  begin(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
    const observed = response as ObservedResponse;
    if (observed[EXCHANGE] !== undefined) {
      return observed[EXCHANGE] ?? undefined;
    }
    if (!this.active) {
      return undefined;
    }
    try {
      if (this.isIgnored(request)) {
        observed[EXCHANGE] = null;
        return undefined;
      }
      const exchange: Exchange = {
        lifecycle: this,
        method: request.method ?? '',
        startedAtMs: nowMs(),
        inFlightMark: this.recorder.started(),
        frameworkRequest: undefined,
        frameworkResponse: undefined,
        sizes: this.countSizes ? countBodyBytes(request, response) : undefined,
        queued: false,
        clientLeft: false,
      };
      observed[EXCHANGE] = exchange;
      response.on('close', endOnClose);
      if (response.socket === null && request.socket !== null) {
        exchange.queued = true;
        watchSocket(request.socket, observed);
      }
      if (hasBody(request)) {
        request.once('aborted', () => {
          exchange.clientLeft = !response.headersSent;
        });
      }
      return exchange;
    } catch (error) {
      this.onError(error);
      return undefined;
    }
  }

  /** @internal */
  end(response: ServerResponse, exchange: Exchange): void {
    try {
      const { method, frameworkRequest, sizes } = exchange;
      const route = frameworkRequest === undefined ? UNMATCHED_ROUTE : this.routeOf(frameworkRequest);
      const status = sentStatus(response, exchange);
      this.recorder.ended(
        {
          method,
          route,
          status,
          durationSeconds: secondsSince(exchange.startedAtMs),
          customLabels:
            this.labels.names.length === 0 ? NONE : this.customLabels(response, exchange, route, status),
          requestBytes: sizes?.requestBytes,
          responseBytes: sizes && sentBodyBytes(sizes, method, status),
          eventStream: isEventStream(response),
        },
        exchange.inFlightMark,
      );
    } catch (error) {
      this.onError(error);
    }
  }

  /** @internal */
  discard({ inFlightMark }: Exchange): void {
    this.recorder.discarded(inFlightMark);
  }

  private customLabels(
    response: ServerResponse,
    { frameworkRequest, frameworkResponse }: Exchange,
    route: string,
    status: number,
  ): readonly string[] {
    return this.labels.valuesFor(
      {
        request: (frameworkRequest ?? response.req) as IncomingMessage,
        response: (frameworkResponse ?? response) as ServerResponse,
        route,
        status,
      },
      this.onLabelError,
    );
  }
}

const NONE: readonly string[] = [];

/** Takes back a request that turned out to leave no trace, such as a scrape that arrived under another URL. */
export function discardExchange(response: ServerResponse): void {
  const observed = response as ObservedResponse;
  const exchange = observed[EXCHANGE];
  if (exchange) {
    observed[EXCHANGE] = null;
    exchange.lifecycle.discard(exchange);
  }
}

function endOnClose(this: ServerResponse): void {
  endOnce(this);
}

function endOnce(response: ObservedResponse): void {
  const exchange = response[EXCHANGE];
  if (exchange) {
    response[EXCHANGE] = null;
    exchange.lifecycle.end(response, exchange);
  }
}

/** One listener a connection, however many responses wait on it. */
function watchSocket(socket: ObservedSocket, response: ObservedResponse): void {
  let queued = socket[QUEUED];
  if (queued === undefined) {
    queued = new Set();
    socket[QUEUED] = queued;
    socket.once('close', () => queued?.forEach(endOnce));
  }
  queued.add(response);
  response.once('close', () => queued.delete(response));
}

/**
 * A body parser answers a client that left in mid-upload with an error nobody receives, and a response that never
 * got its socket was not sent either, although Node counts the headers of both as sent.
 */
function sentStatus(response: ServerResponse, { queued, clientLeft }: Exchange): number {
  const neverSent = clientLeft || (queued && response.socket === null && !response.writableFinished);
  return response.headersSent && !neverSent ? response.statusCode : CLIENT_CLOSED_REQUEST;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

const EVENT_STREAM = 'text/event-stream';
const EVENT_STREAM_HEAD = /^content-type:\s*text\/event-stream/im;

/**
 * Headers given to `writeHead()` alone (as Fastify and Nest's event streams do) are not kept by `getHeader()`;
 * Node keeps the rendered head in `_header` (Node 20 to 24; HTTP/2 responses answer `getHeader()`).
 */
function isEventStream(response: ServerResponse & { _header?: string | null }): boolean {
  const type = response.getHeader('content-type');
  return type === undefined
    ? EVENT_STREAM_HEAD.test(response._header ?? '')
    : String(type).toLowerCase().startsWith(EVENT_STREAM);
}
