import type { IncomingMessage, ServerResponse } from 'node:http';
import { chainRequestHook, listenToServer } from './adapter-hooks.js';
import type { HttpPlatform } from './http-adapter.interface.js';
import { routeLabel, UNMATCHED_ROUTE } from './route-label.js';

/** Fastify's request and reply, as far as they go here (Fastify 5). */
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly routeOptions: { readonly url?: string };
  readonly [context: symbol]: { readonly config?: { readonly url?: string } } | undefined;
}

interface FastifyReply {
  readonly raw: ServerResponse;
  hasHeader(name: string): boolean;
  getHeader(name: string): string | undefined;
}

/** Template of the route that `@fastify/cors` adds for preflight requests of any path. */
const PREFLIGHT_ROUTE = '*';

/**
 * Applications on `@nestjs/platform-fastify`. The server's event is needed for what Fastify answers before any
 * hook: malformed URLs, parameters over `maxParamLength`, requests during shutdown.
 */
export const fastifyPlatform: HttpPlatform = {
  attach(adapter, observer) {
    const detachers = [
      listenToServer(adapter, observer),
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

  routeOf(frameworkRequest) {
    const request = frameworkRequest as FastifyRequest;
    const url = urlOf(request);
    const isPreflight = url === PREFLIGHT_ROUTE && request.method === 'OPTIONS';
    return isPreflight || url === undefined ? UNMATCHED_ROUTE : routeLabel(url);
  },

  /** Fastify itself sends, and adds the length of, what is no stream; the raw response may have been sent without it. */
  contentTypeOf(frameworkResponse) {
    const reply = frameworkResponse as FastifyReply;
    return reply.hasHeader('content-length') ? reply.getHeader('content-type') : undefined;
  },
};

/** Of the copy of Fastify that made the first request. */
let contextKey: symbol | undefined;

/**
 * The template of the matched route, `undefined` when none did. `routeOptions` gathers twelve values for every reader;
 * Fastify keeps them in a context of the route (5.0 to 5.12).
 */
function urlOf(request: FastifyRequest): string | undefined {
  contextKey ??= Object.getOwnPropertySymbols(request).find(
    ({ description }) => description === 'fastify.context',
  );
  const context = contextKey === undefined ? undefined : request[contextKey];
  return context === undefined ? request.routeOptions.url : context.config?.url;
}
