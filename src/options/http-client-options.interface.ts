/** The argument of functions in `httpClient.ignore`. */
export interface OutgoingRequest {
  readonly method: string;
  /** The label `host`: with the port, unless it is the protocol's default. */
  readonly host: string;
  /** The path with its query string. */
  readonly path: string;
}

/**
 * A rule for outgoing requests to ignore: a host with its port, a host without one for all its ports, a pattern of hosts, or a
 * predicate.
 */
export type HttpClientIgnoreRule = string | RegExp | ((request: OutgoingRequest) => boolean);

/** Options of the metrics of outgoing requests. */
export interface HttpClientOptions {
  /**
   * Upper bounds of `http_client_request_duration_seconds` in seconds, rising, without `+Inf`.
   *
   * @defaultValue twelve bounds from 5 ms to 30 s
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Requests that are not recorded. Pushes of this library are never recorded.
   *
   * @defaultValue `[]`
   * @example ['otel-collector:4318', /\.internal$/]
   */
  readonly ignore?: readonly HttpClientIgnoreRule[] | undefined;
  /**
   * Maximum number of values of the label `host`. Further hosts are recorded as `other`.
   *
   * @defaultValue `100`
   */
  readonly maxHosts?: number | undefined;
}
