import type { CanActivate, Type } from '@nestjs/common';

/**
 * What proves that a scrape may be answered: one text, several of which each will do, or a synchronous function that answers
 * which ones hold now, asked at every scrape, so that they can be changed without a restart. A function that throws or
 * answers none that can be used lets nobody in by it; that is logged once and counted in
 * `metrics_collector_errors_total{collector="endpoint.bearerToken"}` (or `"endpoint.basicAuth"`).
 */
export type EndpointSecret = string | readonly string[] | (() => string | readonly string[]);

/** User and password of HTTP's basic authentication. */
export interface EndpointBasicAuth {
  /** Without colon and control characters. */
  readonly username: string;
  /** Without control characters. */
  readonly password: EndpointSecret;
}

/** A guard of the application: its class, or an instance. */
export type EndpointGuard = Type<CanActivate> | CanActivate;

/**
 * Who may scrape. Each of these options, when it is there, must say something: `undefined`, an empty text or `[]` stops the
 * start, so that a variable which is not set cannot open the endpoint. Leave out what you do not want.
 */
export interface EndpointAccessOptions {
  /**
   * Guards of the application on the endpoint's handler, as `@UseGuards()` takes them; they come before all else. Not
   * together with `port`, where there is nothing of Nest. `forRootAsync()` takes instances only, as with `decorators`.
   *
   * @defaultValue none
   */
  readonly guards?: readonly EndpointGuard[];
  /**
   * The token that `Authorization: Bearer …` must have: visible ASCII characters, no spaces. Prometheus sends it with
   * `authorization: { credentials: … }`. Whoever has none, or a wrong one, is answered 401. With `basicAuth` as well, either
   * will do.
   *
   * @defaultValue none is asked for
   */
  readonly bearerToken?: EndpointSecret;
  /**
   * User and password that `Authorization: Basic …` must have, as Prometheus sends them with `basic_auth`. Whoever has none,
   * or wrong ones, is answered 401. With `bearerToken` as well, either will do.
   *
   * @defaultValue none are asked for
   */
  readonly basicAuth?: EndpointBasicAuth;
  /**
   * Addresses and subnets (CIDR) from which scrapes may come; others are answered 403, whatever credentials they have. Only
   * the connection's own address counts, never a header: behind a proxy that is the proxy's.
   *
   * @defaultValue all
   */
  readonly allowIps?: readonly string[];
}
