import type { IncomingMessage, ServerResponse } from 'node:http';
import { replaceMethod } from '../core/replace-method.js';
import { chainRequestHook, listenToServer } from './adapter-hooks.js';
import type { Detach, HttpAdapter, HttpPlatform } from './http-adapter.interface.js';
import { routeLabel, UNMATCHED_ROUTE } from './route-label.js';

/** Express' request, as far as its route goes (Express 5). */
interface ExpressRequest extends IncomingMessage {
  readonly baseUrl?: string;
  readonly route?: { readonly path: unknown };
}

/**
 * Stands for where a router of the application is mounted. `req.baseUrl` is what the client sent for it (any letter
 * case, any parameter value); Express does not keep the template.
 */
const MOUNTED = '<mounted>';

/** Requests that Nest's own not-found handler answered. */
const notFound = new WeakSet<object>();

/** Applications on `@nestjs/platform-express`. */
export const expressPlatform: HttpPlatform = {
  attach(adapter, observer) {
    const detachers = [
      listenToServer(adapter, observer),
      chainRequestHook(adapter, (request, response) =>
        observer.onFrameworkRequest(
          request as IncomingMessage,
          response as ServerResponse,
          request,
          response,
        ),
      ),
      markNotFound(adapter),
    ];
    return () => detachers.forEach((detach) => detach());
  },

  /**
   * `req.route` is the last route that matched, and stays when that route passed the request on: after a 404 it may
   * be a middleware's or the pseudo-route of the not-found handler. Therefore that handler is marked.
   */
  routeOf(frameworkRequest) {
    const request = frameworkRequest as ExpressRequest;
    if (request.route === undefined || notFound.has(request)) {
      return UNMATCHED_ROUTE;
    }
    const label = routeLabel(request.route.path);
    return request.baseUrl === undefined || request.baseUrl === '' ? label : MOUNTED + label;
  },
};

/** Nest registers its not-found handler after `onModuleInit`, so the next one to be set is that. */
function markNotFound(adapter: HttpAdapter): Detach {
  if (adapter.setNotFoundHandler === undefined) {
    return () => {};
  }
  const replacement = replaceMethod(
    adapter as Required<HttpAdapter>,
    'setNotFoundHandler',
    (setHandler) =>
      (handler: unknown, ...rest: unknown[]): unknown => {
        replacement.restore();
        const marking = (request: ExpressRequest, response: unknown, next: unknown): unknown => {
          notFound.add(request);
          return (handler as (...args: unknown[]) => unknown)(request, response, next);
        };
        return setHandler.call(adapter, marking, ...rest);
      },
  );
  return () => void replacement.restore();
}
