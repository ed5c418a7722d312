/** A Pushgateway, and the group of metrics that a push replaces there. */
export interface PushTarget {
  /** URL of the gateway, without `/metrics`: `http://pushgateway:9091`. Its user and password are sent as basic authentication. */
  readonly url: string;
  /** The label `job`: a name that is the same in every run, without `/`. */
  readonly jobName: string;
  /**
   * Further labels that identify the group among others of the same job. The gateway keeps each group until it is deleted, so
   * do not use ids of runs, pods or processes.
   *
   * @defaultValue `{}`
   */
  readonly groupings?: Readonly<Record<string, string>> | undefined;
  /**
   * `replace` replaces the whole group (PUT). `add` keeps metrics of other names in the group (POST).
   *
   * @defaultValue `'replace'`
   */
  readonly mode?: 'replace' | 'add' | undefined;
  /**
   * HTTP headers, such as `Authorization`. With `Content-Encoding: gzip` the body is compressed.
   *
   * @defaultValue `{}`
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Timeout of one attempt in milliseconds, until the gateway has answered.
   *
   * @defaultValue `5000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Number of retries after a failed connection, a timeout, or a status of 408, 429, or 500 and above. The delays between
   * attempts are 0.25 s, 0.5 s and so on, up to 5 s.
   *
   * @defaultValue `2`
   */
  readonly retries?: number | undefined;
}
