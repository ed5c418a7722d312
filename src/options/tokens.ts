/** The resolved, frozen options of one application. */
export const HYPER_METRICS_OPTIONS = Symbol('HYPER_METRICS_OPTIONS');

/** The application's `RegistryLease`. */
export const APPLICATION_REGISTRY = Symbol('APPLICATION_REGISTRY');

/** The application's `ApplicationMetrics`. */
export const APPLICATION_METRICS = Symbol('APPLICATION_METRICS');

/** The application's `ScopeOpener`, which opens units of work. */
export const APPLICATION_SCOPES = Symbol('APPLICATION_SCOPES');

/** The application's `ApplicationSchedules`. */
export const APPLICATION_SCHEDULES = Symbol('APPLICATION_SCHEDULES');

/** The application's `ApplicationDatabase`. */
export const APPLICATION_DATABASE = Symbol('APPLICATION_DATABASE');

/** The `MetricsEndpoint`, which routes the scrape endpoint. */
export const METRICS_ENDPOINT = Symbol('METRICS_ENDPOINT');

/** Whether the controller was routed when the module was created: true for `forRoot()`, false for `forRootAsync()`. */
export const ENDPOINT_ROUTED = Symbol('ENDPOINT_ROUTED');

/** A class with this static property is excluded from handler metrics. */
export const UNOBSERVED = Symbol('UNOBSERVED');

/** The `ClusterGatherer`; `undefined` without the option `cluster`. */
export const CLUSTER_GATHERER = Symbol('CLUSTER_GATHERER');

/** The `Gatherer` of scrapes: of this process, or of all processes. */
export const GATHERER = Symbol('GATHERER');

/** The `EndpointRequests`, which answer scrapes, and requests of the live page. */
export const ENDPOINT_REQUESTS = Symbol('ENDPOINT_REQUESTS');

/** The application's `LivePage`; `undefined` without `endpoint.page`. */
export const LIVE_PAGE = Symbol('LIVE_PAGE');

/** The `MetricsServer` of `endpoint.port`. It listens only if that is set. */
export const METRICS_SERVER = Symbol('METRICS_SERVER');

/**
 * Returns the injection token of a metric defined by `HyperMetricsModule.forFeature()`, for `overrideProvider()` in tests and for
 * factories.
 */
export function getMetricToken(metric: string | { readonly name: string }): symbol {
  const name = typeof metric === 'string' ? metric : metric.name;
  // Nest shows the description if the provider is missing.
  return Symbol.for(`metric "${name}" of HyperMetricsModule.forFeature()`);
}
