/** The resolved, frozen options of one application. */
export const HYPER_METRICS_OPTIONS = Symbol('HYPER_METRICS_OPTIONS');

/** The application's hold on the registry. */
export const APPLICATION_REGISTRY = Symbol('APPLICATION_REGISTRY');

/** What the application puts in place and takes out again. */
export const APPLICATION_METRICS = Symbol('APPLICATION_METRICS');

/** Opens the application's units of work. */
export const APPLICATION_SCOPES = Symbol('APPLICATION_SCOPES');

/** The databases that the application has. */
export const APPLICATION_DATABASE = Symbol('APPLICATION_DATABASE');

/** Puts the scrape endpoint at its path. */
export const METRICS_ENDPOINT = Symbol('METRICS_ENDPOINT');

/** Whether the endpoint's controller got its route when the module was made: `forRoot()`, not `forRootAsync()`. */
export const ENDPOINT_ROUTED = Symbol('ENDPOINT_ROUTED');

/** A class with this static property set stays out of handler metrics, as scrapes stay out of all others. */
export const UNOBSERVED = Symbol('UNOBSERVED');

/** Gathers from all processes, where that is wanted; else `undefined`. */
export const CLUSTER_GATHERER = Symbol('CLUSTER_GATHERER');

/** What scrapes are gathered from: this process, or all of them. */
export const GATHERER = Symbol('GATHERER');

/** Answers scrapes. */
export const SCRAPE_HANDLER = Symbol('SCRAPE_HANDLER');

/** Answers scrapes on a port of their own, where there is one. */
export const METRICS_SERVER = Symbol('METRICS_SERVER');

/**
 * The provider's token of a metric that `HyperMetricsModule.forFeature()` defines, for `overrideProvider()` in tests and
 * for factories.
 */
export function getMetricToken(metric: string | { readonly name: string }): symbol {
  const name = typeof metric === 'string' ? metric : metric.name;
  // Nest shows it when there is no such provider.
  return Symbol.for(`metric "${name}" of HyperMetricsModule.forFeature()`);
}
