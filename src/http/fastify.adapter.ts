import type { IncomingMessage, ServerResponse } from 'node:http';
import { replaceMethod } from '../core/tool/method-hook.js';
import { chainRequestHook } from './adapter-hooks.js';
import type { Detach, HttpPlatform, RequestObserver } from './http-adapter.interface.js';
import type { PathMatching } from './request-path.js';
import { answeredBefore, MIDDLEWARE_ROUTE, routeLabel, UNMATCHED_ROUTE } from './route-label.js';
import { listenToServer } from './server-requests.js';

/** The parts of Fastify's request and reply that are used here (Fastify 5). */
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly routeOptions: { readonly url?: string };
  readonly [context: symbol]: { readonly config?: { readonly url?: string } } | undefined;
}

/** The part of Fastify's instance that is used here. */
interface FastifyInstance {
  routing?: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly initialConfig?: MatchingOptions & { readonly routerOptions?: MatchingOptions };
}

interface MatchingOptions {
  readonly caseSensitive?: boolean;
  readonly ignoreTrailingSlash?: boolean;
}

interface FastifyReply {
  readonly raw: ServerResponse;
  hasHeader(name: string): boolean;
  getHeader(name: string): string | undefined;
}

/** The route of `@fastify/cors` for preflight requests of any path. */
const PREFLIGHT_ROUTE = '*';

/**
 * Applications on `@nestjs/platform-fastify`. Fastify answers some requests before any hook: malformed URLs, parameters over
 * `maxParamLength`, requests during shutdown. Therefore the server and `routing()` are observed too.
 */
export const fastifyPlatform: HttpPlatform = {
  attach(adapter, observer) {
    const instance = adapter.getInstance() as FastifyInstance;
    const detachers = [
      listenToServer(adapter, observer, instance.routing),
      observeRouting(instance, observer),
      chainRequestHook(adapter, (request, reply) =>
        observer.onFrameworkRequest(
          (request as FastifyRequest).raw,
          (reply as FastifyReply).raw,
          request,
          reply,
        ),
      ),
    ];
    return () => detachers.forEach((detach) => detach());
  },

  /** Without a route, statuses other than 404 come from middleware, a plugin's hook or an exception filter. */
  routeOf(frameworkRequest, status) {
    if (frameworkRequest === undefined) {
      return answeredBefore(status);
    }
    const request = frameworkRequest as FastifyRequest;
    const url = urlOf(request);
    const isPreflight = url === PREFLIGHT_ROUTE && request.method === 'OPTIONS';
    if (url !== undefined && !isPreflight) {
      return routeLabel(url);
    }
    return status === undefined || status === 404 || status === 499 ? UNMATCHED_ROUTE : MIDDLEWARE_ROUTE;
  },

  pathMatchingOf(adapter): PathMatching {
    const { initialConfig = {} } = adapter.getInstance() as FastifyInstance;
    const { caseSensitive, ignoreTrailingSlash } = { ...initialConfig, ...initialConfig.routerOptions };
    return { caseSensitive: caseSensitive !== false, ignoreTrailingSlash: ignoreTrailingSlash === true };
  },

  /** Fastify adds `content-length` to what it sends itself, except streams. Without it, the raw response may have been used. */
  contentTypeOf(frameworkResponse) {
    const reply = frameworkResponse as FastifyReply;
    return reply.hasHeader('content-length') ? reply.getHeader('content-type') : undefined;
  },
};

/** Other servers pass their requests to `routing()`. */
function observeRouting(instance: FastifyInstance, observer: RequestObserver): Detach {
  if (typeof instance.routing !== 'function') {
    return () => {};
  }
  let observing = true;
  const hook = replaceMethod(
    instance as Required<FastifyInstance>,
    'routing',
    (routing) =>
      function observedRouting(this: unknown, request, response) {
        if (observing) {
          observer.onServerRequest(request, response);
        }
        return routing.call(this, request, response);
      },
  );
  return () => {
    observing = false;
    hook.takeOut();
  };
}

/** Found by description: each copy of Fastify has its own symbol. */
let contextKey: symbol | undefined;

/**
 * Returns the template of the matched route; `undefined` without a match. Reads Fastify's route context (5.0 to 5.12):
 * `routeOptions` would build an object of twelve values.
 */
function urlOf(request: FastifyRequest): string | undefined {
  contextKey ??= Object.getOwnPropertySymbols(request).find(
    ({ description }) => description === 'fastify.context',
  );
  const context = contextKey === undefined ? undefined : request[contextKey];
  return context === undefined ? request.routeOptions.url : context.config?.url;
}
