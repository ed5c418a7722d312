/** The route of requests that no handler answered, and of errors from before the framework. */
export const UNMATCHED_ROUTE = '<unmatched>';

/** The route of requests that middleware answered, if its mount path is unknown or `/`. */
export const MIDDLEWARE_ROUTE = '<middleware>';

/** Returns a route template as a label. A regular expression becomes its source. */
export function routeLabel(template: unknown): string {
  if (typeof template === 'string') {
    return template === '' ? '/' : template;
  }
  if (template instanceof RegExp) {
    return template.source;
  }
  return Array.isArray(template) ? template.map(routeLabel).join(',') : UNMATCHED_ROUTE;
}

/**
 * Returns the label of a request that the framework never got. Another listener of the server (such as socket.io) answered it, or
 * Node or the framework refused it.
 */
export function answeredBefore(status: number | undefined): string {
  return status !== undefined && status < 400 ? MIDDLEWARE_ROUTE : UNMATCHED_ROUTE;
}
