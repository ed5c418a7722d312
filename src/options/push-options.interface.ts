/** A Pushgateway, and the group of metrics there that a job replaces. */
export interface PushTarget {
  /** Of the gateway, without `/metrics`: `http://pushgateway:9091`. User and password in it are sent as basic authentication. */
  readonly url: string;
  /** The label `job` of what is pushed: a name that stays the same from run to run, without `/`. */
  readonly jobName: string;
  /**
   * Further labels that tell this group from others of the same job. Each set of labels stays in the gateway until somebody
   * deletes it: no ids of runs, pods or processes.
   *
   * @defaultValue `{}`
   */
  readonly groupings?: Readonly<Record<string, string>> | undefined;
  /**
   * `replace`: the group has nothing but this push afterwards (PUT). `add`: metrics of other names stay (POST).
   *
   * @defaultValue `'replace'`
   */
  readonly mode?: 'replace' | 'add' | undefined;
  /**
   * HTTP headers, such as `Authorization`; with `Content-Encoding: gzip` the body is compressed.
   *
   * @defaultValue `{}`
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * How long an attempt may take, in milliseconds, until the gateway has answered.
   *
   * @defaultValue `5000`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How often a push is tried again that failed: by connection, by time or with a status of 500 and above, 408 or 429. After
   * waits of 0.25 s, 0.5 s and so on, up to 5 s.
   *
   * @defaultValue `2`
   */
  readonly retries?: number | undefined;
}
