import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isExactPath } from '../http/request-path.js';

const FINISHED = 'http.server.response.finish';
const FIRST_ERROR_STATUS = 400;

interface FinishedExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: unknown;
}

/** Responses that the endpoint itself makes, whatever their status. */
const answered = new WeakSet<ServerResponse>();

/** Marks a response as one of the endpoint's own. */
export function markAnswered(response: ServerResponse): void {
  answered.add(response);
}

/**
 * Listens for scrapes that never arrive at the endpoint, because a guard or middleware of the application refuses them: a
 * rate limiter that counts Prometheus among its clients would lock it out unseen. Calling the result ends that.
 *
 * @param path - of the endpoint
 */
export function watchRefusals(server: unknown, path: string, onRefused: () => void): () => void {
  // Node's own event: it comes at the end alone, and puts no listener on the host's server.
  const onFinish = (message: unknown): void => {
    const { request, response, server: from } = message as FinishedExchange;
    // Express takes the path of a mount off `url`.
    const { method, originalUrl, url = '' } = request as IncomingMessage & { readonly originalUrl?: string };
    const isScrape =
      from === server && (method === 'GET' || method === 'HEAD') && isExactPath(originalUrl ?? url, path);
    if (isScrape && response.statusCode >= FIRST_ERROR_STATUS && !answered.has(response)) {
      onRefused();
    }
  };
  subscribe(FINISHED, onFinish);
  return () => unsubscribe(FINISHED, onFinish);
}
