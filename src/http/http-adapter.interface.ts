import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { PathMatching } from './request-path.js';

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

/** What a platform announces. Each may come again for the same request. */
export interface RequestObserver {
  /** Before the framework sees the request. */
  onServerRequest(request: IncomingMessage, response: ServerResponse): void;
  /**
   * When the framework is given the request, by whatever server.
   *
   * @param mountedAt - the path that another application has mounted this one at
   */
  onInstanceRequest(request: IncomingMessage, response: ServerResponse, mountedAt: string): void;
  /** When the framework has thrown instead of answering. */
  onInstanceFailure(request: IncomingMessage, response: ServerResponse): void;
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
  /**
   * The route's label; `undefined` before the framework has looked for it.
   *
   * @param frameworkRequest - `undefined` when the framework never had it
   * @param status - `undefined` before the response's end
   * @param mountedAt - the path that another application has mounted this one at
   */
  readonly routeOf: (frameworkRequest: unknown, status?: number, mountedAt?: string) => string | undefined;
  /** The content type, where the framework's response tells it for less than Node's; else `undefined`. */
  readonly contentTypeOf?: (frameworkResponse: unknown) => string | undefined;
  /** How the router compares paths. @defaultValue exactly */
  readonly pathMatchingOf?: (adapter: HttpAdapter) => PathMatching;
}

/** Takes out everything that was put into the adapter and its server. */
export type Detach = () => void;
