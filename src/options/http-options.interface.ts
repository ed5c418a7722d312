import type { IncomingMessage, ServerResponse } from 'node:http';

/** A rule for requests to ignore: a path (without query) as the router compares paths, a pattern of paths, or a predicate. */
export type HttpIgnoreRule = string | RegExp | ((request: IncomingMessage) => boolean);

/** The argument of a function in `http.labels`, passed when the response has ended. */
export interface HttpLabelContext<Request = IncomingMessage, Response = ServerResponse> {
  /** The framework's request (with what guards added to it), or Node's if the request never reached the framework. */
  readonly request: Request;
  /** The framework's response or reply, or Node's. */
  readonly response: Response;
  /** The label `route`: the template, a mount path, `<middleware>` or `<unmatched>`. */
  readonly route: string;
  readonly status: number;
}

/**
 * Computes one label. Its parameter may be annotated with the framework's own types, which have no common base: Express'
 * request extends Node's, Fastify's does not.
 */
export type HttpLabelFunction = (
  // oxlint-disable-next-line typescript/no-explicit-any
  context: HttpLabelContext<any, any>,
) => string | number | boolean;

/** Options of the metric of exceptions. */
export interface HttpExceptionsOptions {
  /**
   * Whether exceptions behind responses with status 4xx are counted, too.
   *
   * @defaultValue `false`
   */
  readonly clientErrors?: boolean | undefined;
}

/** Options of the HTTP metrics. */
export interface HttpMetricsOptions {
  /**
   * Upper bounds of both duration histograms in seconds, rising, without `+Inf`. Dashboards made for the default buckets may
   * not work with others.
   *
   * @defaultValue the reference document's twelve, from 1 ms to 10 s
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Whether `http_route_duration_seconds` (labels method, route, status) is exported.
   *
   * @defaultValue `true`
   */
  readonly routes?: boolean | undefined;
  /**
   * Requests that are not recorded. Scrapes are never recorded. Strings match the whole path as the router compares paths,
   * regular expressions are tested against the path; the query string is not part of it.
   *
   * @defaultValue `[]`
   */
  readonly ignore?: readonly HttpIgnoreRule[] | undefined;
  /**
   * Whether `http_request_size_bytes` and `http_response_size_bytes` (labels method, route) are exported. Bytes are counted
   * as they pass, with or without `Content-Length`.
   *
   * @defaultValue `false`
   */
  readonly sizes?: boolean | undefined;
  /**
   * Your own labels of `http_route_duration_seconds`, computed by synchronous functions when the response ends. Each label
   * takes at most 100 values of at most 128 characters; further values become `other`. A function that throws or returns no
   * string, number or boolean yields `unknown`. Such failures, and three calls in a row that block for over 10 ms, are
   * counted in `metrics_collector_errors_total{collector="http.labels.<name>"}`.
   *
   * @defaultValue `{}`
   * @example { tenant: ({ request }: HttpLabelContext<AuthenticatedRequest>) => request.user?.tenant ?? 'none' }
   */
  readonly labels?: Readonly<Record<string, HttpLabelFunction>> | undefined;
  /**
   * Whether {@link HttpMetricsInterceptor} is bound globally and records `handler_duration_seconds`. It costs as much as any
   * global interceptor of Nest.
   *
   * @defaultValue `false`: the interceptor is not installed
   */
  readonly handlers?: boolean | undefined;
  /**
   * Whether responses have a `Server-Timing` header with the number and duration of the request's queries until then.
   * Browsers show it. It is visible to every client.
   *
   * @defaultValue `false`
   */
  readonly serverTiming?: boolean | undefined;
  /**
   * Whether `http_exceptions_total` (labels route, class) is exported: the classes of the exceptions behind responses with
   * status 5xx.
   *
   * @defaultValue `false`
   */
  readonly exceptions?: boolean | HttpExceptionsOptions | undefined;
}
