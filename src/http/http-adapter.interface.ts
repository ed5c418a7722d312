import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../request-scope/request-scope.js';

/** A framework's hook that runs first on every request: its own request and response objects, and `done`. */
export type OnRequestHook = (request: unknown, response: unknown, done: (error?: unknown) => void) => unknown;

/** The part of Nest's HTTP adapters that the platform files use (Nest 11.1.4 to 12.5). */
export interface HttpAdapter {
  getType(): string;
  getInstance(): unknown;
  getHttpServer(): unknown;
  /** Rewrites route templates of older Express versions. */
  normalizePath?(path: string): string;
  setOnRequestHook?: (hook: OnRequestHook | undefined) => void;
  setNotFoundHandler?: (...args: unknown[]) => unknown;
  /** The single slot behind `setOnRequestHook()`; private in both platforms. */
  onRequestHook?: OnRequestHook | undefined;
}

/** What a platform announces. */
export interface RequestObserver {
  /** Before the framework sees the request. May come again for the same one. */
  onServerRequest(request: IncomingMessage, response: ServerResponse): void;
  /** When the framework has the request, as objects of its own. Answers in which scope the rest of it runs. */
  onFrameworkRequest(
    request: IncomingMessage,
    response: ServerResponse,
    frameworkRequest: unknown,
    frameworkResponse: unknown,
  ): RequestScope | undefined;
}

/** What differs between the frameworks under Nest. */
export interface HttpPlatform {
  attach(adapter: HttpAdapter, observer: RequestObserver): Detach;
  /** The template that the router matched, asked at the response's end. */
  readonly routeOf: (frameworkRequest: unknown) => string;
  /** The content type, where the framework's response tells it for less than Node's; else `undefined`. */
  readonly contentTypeOf?: (frameworkResponse: unknown) => string | undefined;
}

/** Takes out everything that was put into the adapter and its server. */
export type Detach = () => void;
