import type { HttpAdapter } from './http-adapter.interface.js';

/** Express' router, as far as it goes here (Express 5: `stack` of layers, those of routes with `route`). */
interface ExpressRouter {
  readonly stack: {
    readonly route?: { readonly path: unknown };
    match?(path: string): boolean;
  }[];
}

/**
 * Express takes the first route that matches, and the application's are registered before those of the modules it
 * imports: a catch-all or `/:slug` of the application would answer `path`. Moves the route of `path` in front of the
 * first of those routes, and of nothing else, so that middleware keeps its place.
 *
 * @param templates - the application's route templates
 */
export function moveRouteAhead(adapter: HttpAdapter, path: string, templates: readonly string[]): void {
  const { router } = adapter.getInstance() as { readonly router?: ExpressRouter };
  const stack = router?.stack;
  if (stack === undefined) {
    return;
  }
  const known = new Set<unknown>(templates.map((template) => adapter.normalizePath?.(template) ?? template));
  const own = stack.findIndex((layer) => layer.route?.path === path);
  const shadowing = stack.findIndex((layer) => known.has(layer.route?.path) && layer.match?.(path));
  if (own > shadowing && shadowing >= 0) {
    stack.splice(shadowing, 0, ...stack.splice(own, 1));
  }
}
