import type { IncomingMessage, ServerResponse } from 'node:http';
import { replaceMethod } from '../core/tool/method-hook.js';
import { chainRequestHook } from './adapter-hooks.js';
import { type ExpressRequest, ExpressRoutes } from './express-routes.adapter.js';
import type { Detach, HttpAdapter, HttpPlatform, RequestObserver } from './http-adapter.interface.js';
import type { PathMatching } from './request-path.js';
import { answeredBefore, UNMATCHED_ROUTE } from './route-label.js';
import { listenToServer } from './server-requests.js';

type Handle = (request: ExpressRequest, response: ServerResponse, next: unknown) => unknown;

/** The part of Express' application that is used here (Express 5). */
interface ExpressApplication {
  handle?: Handle;
  readonly router?: {
    readonly caseSensitive?: unknown;
    readonly strict?: unknown;
    readonly stack?: {
      readonly route?: { readonly path: unknown };
      match?(path: string): boolean;
    }[];
  };
}

/** Applications on `@nestjs/platform-express`. */
export class ExpressPlatform implements HttpPlatform {
  /** Requests that Nest's not-found handler answered. Other handlers may answer 404 too. */
  private readonly notFound = new WeakSet<object>();
  private routes: ExpressRoutes | undefined;

  attach(adapter: HttpAdapter, observer: RequestObserver): Detach {
    const application = adapter.getInstance() as ExpressApplication;
    this.routes = new ExpressRoutes(application);
    const detachers = [
      listenToServer(adapter, observer, application),
      observeCalls(application, observer),
      chainRequestHook(adapter, (request, response) =>
        observer.onFrameworkRequest(
          request as IncomingMessage,
          response as ServerResponse,
          request,
          response,
        ),
      ),
      markNotFound(adapter, this.notFound),
    ];
    return () => detachers.forEach((detach) => detach());
  }

  routeOf(frameworkRequest: unknown, status?: number, mountedAt = ''): string | undefined {
    if (frameworkRequest === undefined) {
      return answeredBefore(status);
    }
    const request = frameworkRequest as ExpressRequest;
    return this.notFound.has(request) ? UNMATCHED_ROUTE : this.routes?.labelOf(request, status, mountedAt);
  }

  pathMatchingOf(adapter: HttpAdapter): PathMatching {
    const { router } = adapter.getInstance() as ExpressApplication;
    return { caseSensitive: Boolean(router?.caseSensitive), ignoreTrailingSlash: !router?.strict };
  }
}

/**
 * Observes calls of the application by any server, or by an application that has mounted it. Middleware that was added to the
 * instance before Nest answers requests that never reach the adapter's hook.
 */
function observeCalls(application: ExpressApplication, observer: RequestObserver): Detach {
  if (typeof application.handle !== 'function') {
    return () => {};
  }
  let observing = true;
  const hook = replaceMethod(
    application as Required<ExpressApplication>,
    'handle',
    (handle) =>
      function observedHandle(this: unknown, request, response, next) {
        if (observing) {
          observer.onInstanceRequest(request, response, mountPathOf(request));
        }
        try {
          return handle.call(this, request, response, next);
        } catch (error) {
          observer.onInstanceFailure(request, response);
          throw error;
        }
      },
  );
  return () => {
    observing = false;
    hook.takeOut();
  };
}

/** Never throws, even if the request is a proxy. */
function mountPathOf(request: ExpressRequest): string {
  try {
    const { baseUrl } = request;
    return typeof baseUrl === 'string' ? baseUrl : '';
  } catch {
    return '';
  }
}

/** Marks requests in Nest's not-found handler: the next one to be set, because Nest sets it after `onModuleInit()`. */
function markNotFound(adapter: HttpAdapter, notFound: WeakSet<object>): Detach {
  if (adapter.setNotFoundHandler === undefined) {
    return () => {};
  }
  const hook = replaceMethod(
    adapter as Required<HttpAdapter>,
    'setNotFoundHandler',
    (setHandler) =>
      (handler: unknown, ...rest: unknown[]): unknown => {
        hook.takeOut();
        const marking = (request: object, response: ServerResponse, next: unknown): unknown => {
          // A route may answer and call `next()` too.
          if (!response.headersSent) {
            notFound.add(request);
          }
          return (handler as (...args: unknown[]) => unknown)(request, response, next);
        };
        return setHandler.call(adapter, marking, ...rest);
      },
  );
  return () => void hook.takeOut();
}

/**
 * Moves the route of `path` ahead of the application's routes that match it too, such as `/:slug`. Express takes the first
 * match, and Nest registers the application's routes before those of the modules that it imports. Middleware keeps its position.
 *
 * @param templates - the application's route templates
 */
export function moveRouteAhead(adapter: HttpAdapter, path: string, templates: readonly string[]): void {
  const stack = (adapter.getInstance() as ExpressApplication).router?.stack;
  if (stack === undefined) {
    return;
  }
  const known = new Set<unknown>(templates.map((template) => adapter.normalizePath?.(template) ?? template));
  const own = stack.findIndex((layer) => layer.route?.path === path);
  const shadowing = stack.findIndex((layer) => known.has(layer.route?.path) && layer.match?.(path));
  if (own > shadowing && shadowing >= 0) {
    stack.splice(shadowing, 0, ...stack.splice(own, 1));
  }
}
