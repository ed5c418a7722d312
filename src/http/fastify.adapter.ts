import type { IncomingMessage, ServerResponse } from 'node:http';
import { chainRequestHook, listenToServer } from './adapter-hooks.js';
import type { HttpPlatform } from './http-adapter.interface.js';
import type { RequestScopes } from './request-scopes.js';
import { routeLabel, UNMATCHED_ROUTE } from './route-label.js';

/** Fastify's request and reply, as far as they go here (Fastify 5). */
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly is404: boolean;
  readonly method: string;
  readonly routeOptions: { readonly url?: string };
}

interface FastifyReply {
  readonly raw: ServerResponse;
}

interface FastifyInstance {
  addHook(
    name: 'preValidation',
    hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
  ): unknown;
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
      chainRequestHook(
        adapter,
        (request, reply) =>
          observer.onFrameworkRequest(
            (request as FastifyRequest).raw,
            (reply as FastifyReply).raw,
            request,
            reply,
          ),
        observer.scopes,
      ),
    ];
    if (observer.scopes !== undefined) {
      resumeAfterBody(adapter.getInstance() as FastifyInstance, observer.scopes);
    }
    return () => detachers.forEach((detach) => detach());
  },

  routeOf(frameworkRequest) {
    const request = frameworkRequest as FastifyRequest;
    const { url } = request.routeOptions;
    const isPreflight = url === PREFLIGHT_ROUTE && request.method === 'OPTIONS';
    return request.is404 || isPreflight || url === undefined ? UNMATCHED_ROUTE : routeLabel(url);
  },
};

/**
 * A body is read in the connection's context, so that everything after it has lost the request's scope. Hooks cannot be
 * taken out of Fastify again: without a scope this one does nothing.
 */
function resumeAfterBody(instance: FastifyInstance, scopes: RequestScopes): void {
  instance.addHook('preValidation', (request, _reply, done) => scopes.resume(request, done));
}
