import {
  Controller,
  Get,
  Inject,
  Next,
  Req,
  Res,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { discardExchange } from '../http/exchange.js';
import { ENDPOINT_REQUESTS, UNOBSERVED } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { type EndpointRequests, pathsBelow } from './endpoint-requests.js';

/** The scrape endpoint's controller. Every `forRoot()` has its own class, so that paths cannot mix. */
export type MetricsControllerClass = Type<{ scrape: ScrapeMethod }>;

/** Express passes Node's request and response; Fastify wraps them. */
type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage; route?: unknown };
type PlatformResponse = ServerResponse & {
  readonly raw?: ServerResponse;
  hijack?(): void;
  callNotFound?(): void;
  getHeaders(): Record<string, number | string | string[] | undefined>;
};
type ScrapeMethod = (
  request: PlatformRequest,
  response: PlatformResponse,
  next: (() => void) | undefined,
) => Promise<void> | void;

/** Returns a controller without a route; see {@link routeScrapes}. */
export function createMetricsController(): MetricsControllerClass {
  @Controller()
  class MetricsController {
    static readonly [UNOBSERVED] = true;

    constructor(@Inject(ENDPOINT_REQUESTS) private readonly requests: EndpointRequests) {}

    /** Writes to the raw response: no interceptor of the application can wrap the exposition. */
    scrape(
      @Req() request: PlatformRequest,
      @Res() response: PlatformResponse,
      @Next() next: (() => void) | undefined,
    ): Promise<void> | void {
      const rawRequest = request.raw ?? request;
      const handler = this.requests.handlerOf(rawRequest.url ?? '');
      // Routers also match "/METRICS" and "/metrics/", which are not this path.
      if (handler === undefined) {
        return passOn(request, response, next);
      }
      const { raw } = response;
      discardExchange(raw ?? response);
      return raw === undefined
        ? handler.handle(rawRequest, response)
        : handler.handle(rawRequest, raw, () => takeOver(response, raw));
    }
  }
  return MetricsController;
}

/** Continues as if this route had not matched. */
function passOn(request: PlatformRequest, reply: PlatformResponse, next: (() => void) | undefined): void {
  if (reply.callNotFound !== undefined) {
    reply.callNotFound();
    return;
  }
  delete request.route;
  next?.();
}

/** Stops Fastify from answering too. Keeps the headers that hooks have set on its reply (CORS, security). */
function takeOver(reply: PlatformResponse, raw: ServerResponse): void {
  reply.hijack?.();
  if (raw.headersSent) {
    return;
  }
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) {
      raw.setHeader(name, value);
    }
  }
}

/**
 * Gives the controller its routes, guards and decorators. Decorators apply from the last to the first, as if they were written
 * above the handler.
 */
export function routeScrapes(
  controller: MetricsControllerClass,
  options: Pick<ResolvedOptions, 'path' | 'endpoint'>,
): void {
  const { path, endpoint } = options;
  const { guards, decorators } = endpoint;
  Controller({ path, version: VERSION_NEUTRAL })(controller);
  const { prototype } = controller as { prototype: { scrape: ScrapeMethod } };
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'scrape') as PropertyDescriptor;
  for (const key of Reflect.getOwnMetadataKeys(prototype.scrape)) {
    Reflect.deleteMetadata(key, prototype.scrape);
  }
  for (const decorate of [
    Get(['/', ...pathsBelow(options)]),
    ...decorators,
    UseGuards(...guards),
  ].toReversed()) {
    decorate(prototype, 'scrape', descriptor);
  }
  // The metadata of @nestjs/swagger's `@ApiExcludeController()`.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], controller);
}

/** Nest's metadata keys of `@UseGuards()`, `@UseInterceptors()`, `@UsePipes()` and `@UseFilters()`. */
const ENHANCER_KEYS = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__'];

/** Returns the names of those guards, interceptors, pipes and filters that are classes. */
export function enhancerClasses(controller: MetricsControllerClass): readonly string[] {
  const { prototype } = controller as { prototype: { scrape: ScrapeMethod } };
  return ENHANCER_KEYS.flatMap(
    (key) => (Reflect.getMetadata(key, prototype.scrape) as readonly unknown[] | undefined) ?? [],
  )
    .filter((enhancer) => typeof enhancer === 'function')
    .map((enhancer) => enhancer.name);
}
