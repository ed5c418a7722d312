import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../request-scope/request-scope.js';
import type { PathMatching } from './request-path.js';

/** A hook that runs first on every request, with the framework's own request and response objects. */
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
  /** The single hook behind `setOnRequestHook()`; private in both platforms. */
  onRequestHook?: OnRequestHook | undefined;
}

/** A listener for a platform's requests. Each method may be called more than once for a request. */
export interface RequestObserver {
  /** Called before the framework sees the request. */
  onServerRequest(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Called when the framework's instance gets the request from any server.
   *
   * @param mountedAt - the path at which another application has mounted this one
   */
  onInstanceRequest(request: IncomingMessage, response: ServerResponse, mountedAt: string): void;
  /** Called when the framework throws instead of answering. */
  onInstanceFailure(request: IncomingMessage, response: ServerResponse): void;
  /** Called when the framework has made its own objects of the request. Returns the scope in which the rest of it runs. */
  onFrameworkRequest(
    request: IncomingMessage,
    response: ServerResponse,
    frameworkRequest: unknown,
    frameworkResponse: unknown,
  ): RequestScope | undefined;
}

/** The differences between the frameworks under Nest. */
export interface HttpPlatform {
  attach(adapter: HttpAdapter, observer: RequestObserver): Detach;
  /**
   * Returns the route's label; `undefined` before routing.
   *
   * @param frameworkRequest - `undefined` when the framework never got the request
   * @param status - `undefined` before the response's end
   * @param mountedAt - the path at which another application has mounted this one
   */
  readonly routeOf: (frameworkRequest: unknown, status?: number, mountedAt?: string) => string | undefined;
  /** Returns the content type if the framework's response has it; reading Node's response costs more. */
  readonly contentTypeOf?: (frameworkResponse: unknown) => string | undefined;
  /** Returns how the router compares paths; without it, exactly. */
  readonly pathMatchingOf?: (adapter: HttpAdapter) => PathMatching;
}

/** Removes everything that was added to the adapter and its server. */
export type Detach = () => void;
