/** Where the metrics are served when they have a port of their own. */
export interface EndpointAddress {
  /** `undefined` while nothing listens there. */
  readonly url: string | undefined;
}
