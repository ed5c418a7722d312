/** The route of requests that no route matched, or that were answered before routing. */
export const UNMATCHED_ROUTE = '<unmatched>';

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
