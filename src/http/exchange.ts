import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import { setHidden } from '../core/tool/hidden-property.js';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { BodySizes } from './body-sizes.js';
import type { InFlightMark } from './request-recorder.js';

/** The application that an exchange belongs to. */
export interface ExchangeOwner {
  /** The framework's instance. Applications that share one count a request once. */
  readonly instance: unknown;
  /** Called at the exchange's end. */
  record(exchange: Exchange): void;
  /** Called instead of {@link record} for an exchange that is not counted. */
  takeBack(exchange: Exchange): void;
  /** Called when a mounted application takes the request over: the present route stays. */
  handOver(exchange: Exchange): void;
  /** Called with each exception that reaches the framework's exception layer. */
  exceptionThrown(exchange: Exchange, exception: unknown): void;
}

/** One request and its response in one application, from arrival to end. */
export interface Exchange {
  readonly owner: ExchangeOwner;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The method at arrival; middleware may rewrite that of the request. */
  readonly method: string;
  readonly startedAtMs: number;
  /** The path at which another application has mounted this one; else empty. */
  readonly mountedAt: string;
  inFlightMark: InFlightMark;
  /** The framework's request and response, once the framework has them. */
  frameworkRequest: unknown;
  frameworkResponse: unknown;
  /** The scope in which the framework handles it. */
  scope: RequestScope | undefined;
  /** See `TraceSource.ofRequest()`. */
  trace: LegalExemplarLabels | null | undefined;
  /** The route, if it is known before the end. */
  route: string | undefined;
  /** The class of the last exception; only with `http.exceptions`. */
  exception: string | undefined;
  /** Only with `http.sizes`. */
  sizes: BodySizes | undefined;
  /** True when the response waited behind others of its connection at the request's arrival. */
  queued: boolean;
  /** True when a response that is not Node's own was ended. */
  ended: boolean;
  /** True unless the exchange is in flight: recorded, taken back, ignored, or not started yet. */
  over: boolean;
  /** The exchange of the application that this one is mounted in, or whose server is in front of it. */
  readonly outer: Exchange | undefined;
}

/** Property of responses: the exchange of the innermost application. */
const EXCHANGE = Symbol('hyper-metrics.exchange');

type ObservedResponse = ServerResponse & { [EXCHANGE]?: Exchange };

/** Returns the exchange of the application that saw the response last. */
export function innermostExchange(response: ServerResponse): Exchange | undefined {
  return (response as ObservedResponse)[EXCHANGE];
}

export function attachExchange(response: ServerResponse, exchange: Exchange): void {
  setHidden(response as ObservedResponse, EXCHANGE, exchange);
}

/** Records the exchange, once. */
export function endExchange(exchange: Exchange): void {
  if (!exchange.over) {
    exchange.over = true;
    exchange.owner.record(exchange);
  }
}

/**
 * Takes the exchanges of a response back, in every application that saw it. Used for scrapes, whose URL at arrival may have been
 * another one.
 */
export function discardExchange(response: ServerResponse): void {
  for (let exchange = innermostExchange(response); exchange !== undefined; exchange = exchange.outer) {
    if (!exchange.over) {
      exchange.over = true;
      exchange.owner.takeBack(exchange);
    }
  }
}
