import type { IncomingMessage, ServerResponse } from 'node:http';
import { isExactPath } from '../http/request-path.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** Answers the requests of one path of the endpoint. */
export interface RequestHandler {
  /**
   * Answers one request. Never rejects.
   *
   * @param prepare - called once, before the answer is sent, or when the request is already over
   */
  handle(request: IncomingMessage, response: ServerResponse, prepare?: () => void): Promise<void>;
}

/** The paths below that of the scrape. */
export const LIVE_PATH = '/live';
export const FEED_PATH = '/live/feed';

/** Returns the paths of the endpoint below `path`: none, or those of the live page. */
export function pathsBelow({ endpoint }: Pick<ResolvedOptions, 'endpoint'>): readonly string[] {
  return endpoint.page === false ? [] : [LIVE_PATH, FEED_PATH];
}

/** Returns all paths of the endpoint, that of the scrape first. */
export function endpointPaths(options: Pick<ResolvedOptions, 'path' | 'endpoint'>): readonly string[] {
  return ['', ...pathsBelow(options)].map((below) => options.path + below);
}

/** The handlers of the endpoint's paths, on the application's port or on one of its own. */
export class EndpointRequests {
  /** @param handlers - by exact path */
  constructor(private readonly handlers: ReadonlyMap<string, RequestHandler>) {}

  /** Returns `undefined` for a request target that is not exactly one of the paths. */
  handlerOf(target: string): RequestHandler | undefined {
    for (const [path, handler] of this.handlers) {
      if (isExactPath(target, path)) {
        return handler;
      }
    }
    return undefined;
  }
}
