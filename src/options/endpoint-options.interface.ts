import type { CanActivate, Type } from '@nestjs/common';

/**
 * A secret: one string, several accepted strings, or a synchronous function that returns the strings accepted now. The
 * function is called for each scrape with credentials of its kind, so secrets can change without a restart. If it throws or returns no usable string,
 * scrapes are refused; this is logged once and counted in
 * `metrics_collector_errors_total{collector="endpoint.bearerToken"}` (or `"endpoint.basicAuth"`).
 */
export type EndpointSecret = string | readonly string[] | (() => string | readonly string[]);

/** User and password of HTTP basic authentication. */
export interface EndpointBasicAuth {
  /** Must not contain a colon or control characters. */
  readonly username: string;
  /** Must not contain control characters. */
  readonly password: EndpointSecret;
}

/** A guard of the application: its class, or an instance. */
export type EndpointGuard = Type<CanActivate> | CanActivate;

/**
 * Access control of the scrape endpoint. `undefined`, an empty string or `[]` for one of these options stops the start, so
 * that an unset environment variable cannot open the endpoint. Leave out the options that you do not need.
 */
export interface EndpointAccessOptions {
  /**
   * Guards on the endpoint's handler, as `@UseGuards()` takes them. They run after the application's
   * global guards and before `allowIps`, `bearerToken` and `basicAuth`. Cannot be combined with `port`, which Nest does not serve. `forRootAsync()` accepts instances only, as with `decorators`.
   *
   * @defaultValue none
   */
  readonly guards?: readonly EndpointGuard[];
  /**
   * The token required in `Authorization: Bearer …`: visible ASCII characters without spaces. Prometheus sends it with
   * `authorization: { credentials: … }`. Other requests are answered 401. With `basicAuth`, either is accepted.
   *
   * @defaultValue none: no token is required
   */
  readonly bearerToken?: EndpointSecret;
  /**
   * User and password required in `Authorization: Basic …`. Prometheus sends them with `basic_auth`. Other requests are
   * answered 401. With `bearerToken`, either is accepted.
   *
   * @defaultValue none: no user is required
   */
  readonly basicAuth?: EndpointBasicAuth;
  /**
   * Addresses and subnets (CIDR) that may scrape. Others are answered 403, even with valid credentials. The address of the
   * connection decides, never a header: behind a proxy it is the proxy's address.
   *
   * @defaultValue all
   */
  readonly allowIps?: readonly string[];
}

/** Options of the scrape endpoint. */
export interface EndpointOptions extends EndpointAccessOptions {
  /**
   * Decorators of the application for the endpoint's handler, such as the `@Public()` that an application-wide
   * authentication guard looks for. With `forRootAsync()`, decorators that add guards, interceptors, pipes or filters must
   * add instances; classes work with `forRoot()` only.
   *
   * @defaultValue `[]`
   */
  readonly decorators?: readonly MethodDecorator[] | undefined;
  /**
   * Serves the metrics on a separate port, by a plain HTTP server, and not on the application's port. Works in applications
   * without HTTP. `0` takes any free port, see {@link MetricsService.endpointUrl}. A port in use stops the start.
   *
   * @defaultValue none: the application's port
   */
  readonly port?: number;
  /**
   * The address that `port` listens on; `'0.0.0.0'` or `'::'` for all addresses of the machine.
   *
   * @defaultValue `'127.0.0.1'`: reachable from this machine only
   */
  readonly host?: string | undefined;
  /**
   * Maximum number of concurrent scrapes. A scrape ends when the operating system has taken the whole response. Further
   * scrapes are answered 503 with `Retry-After`, unless a current client has read nothing for a second: that client is
   * disconnected instead. A client that has not read the whole response after a minute is always disconnected.
   *
   * @defaultValue `10`
   */
  readonly maxConcurrentScrapes?: number | undefined;
  /**
   * Timeout of one collector, or of one metric of another client in the same registry, in milliseconds. A late one is absent
   * from that scrape and counted in `metrics_collector_errors_total`. Applications that share a registry use the longest
   * timeout. A scrape also ends half a second before the client's own timeout, if the client sends one (Prometheus does:
   * `X-Prometheus-Scrape-Timeout-Seconds`).
   *
   * @defaultValue `5000`
   */
  readonly collectorTimeoutMs?: number | undefined;
  /**
   * Whether scrapes that prefer OpenMetrics 1.0 (`Accept`) get it. Series have the same names and labels in both formats.
   *
   * @defaultValue `true` with the option `exemplars`, else `false`: all scrapes get the text format 0.0.4
   */
  readonly openMetrics?: boolean | undefined;
  /**
   * Whether responses of 1 KiB and more are compressed with gzip for clients that accept it (`Accept-Encoding`).
   *
   * @defaultValue `true`
   */
  readonly compression?: boolean | undefined;
  /**
   * The live page at `<path>/live`: what the service does now, and did in the last minutes. It has the same access rules as the scrape, and its
   * requests are not counted. While it is on, the metrics are gathered every 5 seconds, and every second while somebody looks. Without
   * `true` or an object, nothing of it is loaded.
   *
   * @defaultValue `false`
   */
  readonly page?: boolean | LivePageOptions | undefined;
}

/** Options of the live page. */
export interface LivePageOptions {
  /**
   * How far back the charts go, in minutes. The history is kept in memory: about 30 KB for 15 minutes.
   *
   * @defaultValue `15`
   */
  readonly historyMinutes?: number | undefined;
}

/** The address of the server on `endpoint.port`. */
export interface EndpointAddress {
  /** `undefined` while the server does not listen. */
  readonly url: string | undefined;
}
