/** The route of requests that nothing in the application answered, and of those that were answered before the framework. */
export const UNMATCHED_ROUTE = '<unmatched>';

/** The route of requests that were answered by middleware whose mount path is not known, or is `/`. */
export const MIDDLEWARE_ROUTE = '<middleware>';

/** A route template as a label; patterns that are not text become their source. */
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
 * The label of a request that the framework never had: another listener of the server answered it, as socket.io does, or
 * Node or the framework refused it.
 */
export function answeredBefore(status: number | undefined): string {
  return status !== undefined && status < 400 ? MIDDLEWARE_ROUTE : UNMATCHED_ROUTE;
}
