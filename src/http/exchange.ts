import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { BodySizes } from './body-sizes.js';
import type { InFlightMark } from './request-recorder.js';

/** What an application does with its exchanges. */
export interface ExchangeOwner {
  /** Several applications of one framework instance count a request once. */
  readonly instance: unknown;
  record(exchange: Exchange): void;
  takeBack(exchange: Exchange): void;
  /** Another application takes the request over: the route is what it is now. */
  handOver(exchange: Exchange): void;
}

/** One request and its response as one application sees them, from arrival to end. */
export interface Exchange {
  readonly owner: ExchangeOwner;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As it arrived; middleware may rewrite the request's. */
  readonly method: string;
  readonly startedAtMs: number;
  /** Where another application has mounted this one; empty on a server of its own. */
  readonly mountedAt: string;
  inFlightMark: InFlightMark;
  /** The framework's own request and response, once the framework has them. */
  frameworkRequest: unknown;
  frameworkResponse: unknown;
  /** In which the framework's part of it runs. */
  scope: RequestScope | undefined;
  /** The route, where it was decided before the end. */
  route: string | undefined;
  /** Bytes of the bodies so far, when they are counted. */
  sizes: BodySizes | undefined;
  /** Whether the response waited behind others on its connection when the request arrived. */
  queued: boolean;
  /** Whether the response was ended, as far as a response that is not Node's own tells. */
  ended: boolean;
  /** Whether it leaves no trace any more: recorded, taken back, ignored, or not started yet. */
  over: boolean;
  /** The exchange of the application that this one is mounted in, or of one with a server in front of it. */
  readonly outer: Exchange | undefined;
}

/** On responses: the exchange of the innermost application. */
const EXCHANGE = Symbol('hyper-metrics.exchange');

type ObservedResponse = ServerResponse & { [EXCHANGE]?: Exchange };

/** The exchange of the application that saw the response last. */
export function innermostExchange(response: ServerResponse): Exchange | undefined {
  return (response as ObservedResponse)[EXCHANGE];
}

export function attachExchange(response: ServerResponse, exchange: Exchange): void {
  (response as ObservedResponse)[EXCHANGE] = exchange;
}

/** Records it, once. */
export function endExchange(exchange: Exchange): void {
  if (!exchange.over) {
    exchange.over = true;
    exchange.owner.record(exchange);
  }
}

/**
 * Takes back a request that turned out to leave no trace, such as a scrape that arrived under another URL, in every
 * application that saw it.
 */
export function discardExchange(response: ServerResponse): void {
  for (let exchange = innermostExchange(response); exchange !== undefined; exchange = exchange.outer) {
    if (!exchange.over) {
      exchange.over = true;
      exchange.owner.takeBack(exchange);
    }
  }
}
