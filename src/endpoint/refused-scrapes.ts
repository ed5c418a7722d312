import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenToChannel } from '../core/tool/channel.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { isExactPath } from '../http/request-path.js';

const FINISHED = 'http.server.response.finish';
const FIRST_ERROR_STATUS = 400;

interface FinishedExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: unknown;
}

/** Responses of the endpoint itself, of any status. */
const answered = new WeakSet<ServerResponse>();

/** Marks a response as the endpoint's own. */
export function markAnswered(response: ServerResponse): void {
  answered.add(response);
}

/**
 * Calls `onRefused` for scrapes that a guard or middleware of the application refuses before the endpoint. A rate limiter that
 * includes Prometheus would otherwise lock it out unnoticed. Returns a function that stops watching.
 *
 * @param path - the endpoint's path
 */
export function watchRefusals(server: unknown, path: string, onRefused: () => void): Undo {
  // Node's channel costs only the end of a request, and adds no listener to the host's server.
  return listenToChannel(FINISHED, ({ request, response, server: from }: FinishedExchange) => {
    if (from !== server || response.statusCode < FIRST_ERROR_STATUS || answered.has(response)) {
      return;
    }
    // Express strips the mount path from `url`.
    const { method, originalUrl, url = '' } = request as IncomingMessage & { readonly originalUrl?: string };
    if ((method === 'GET' || method === 'HEAD') && isExactPath(originalUrl ?? url, path)) {
      onRefused();
    }
  });
}
