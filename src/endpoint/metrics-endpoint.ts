import { HyperMetricsError } from '../core/errors.js';
import { moveRouteAhead } from '../http/express.adapter.js';
import type { HttpAdapter } from '../http/http-adapter.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { ApplicationRoute, ApplicationRoutes } from './application-routes.service.js';
import { endpointPaths } from './endpoint-requests.js';
import { enhancerClasses, routeScrapes, type MetricsControllerClass } from './metrics.controller.js';

/** Routes the endpoint's paths to its controller. */
export class MetricsEndpoint {
  constructor(
    private readonly routes: ApplicationRoutes,
    private readonly controller: MetricsControllerClass,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Gives the controller its route. Called in the module's `configure()`: the options are known, and Nest has not read any
   * routes yet.
   *
   * @param routed - whether `forRoot()` has already given the route
   * @throws {@link HyperMetricsError} when the application has a route of the same path, or when guards or decorators are
   *   classes that Nest can no longer instantiate.
   */
  configure(routed: boolean, platform: string | undefined): void {
    for (const path of endpointPaths(this.options)) {
      this.routes.excludeFromGlobalPrefix(path);
      this.assertPathIsFree(path, platform);
    }
    if (routed) {
      return;
    }
    routeScrapes(this.controller, this.options);
    const classes = enhancerClasses(this.controller);
    if (classes.length > 0) {
      throw new HyperMetricsError(
        `endpoint.guards or endpoint.decorators contain the class ${classes.join(', ')}. With forRootAsync(), Nest cannot ` +
          'instantiate it any more. Pass an instance (guards: [new MyGuard()]), or use forRoot().',
      );
    }
  }

  /** Called after Nest has registered all routes. */
  onRoutesRegistered(adapter: HttpAdapter): void {
    if (adapter.getType() === 'express') {
      const templates = this.applicationRoutes().map(({ path }) => path);
      endpointPaths(this.options).forEach((path) => moveRouteAhead(adapter, path, templates));
    }
  }

  private assertPathIsFree(path: string, platform: string | undefined): void {
    const spelling = (text: string): string => (platform === 'express' ? text.toLowerCase() : text);
    const taken = this.applicationRoutes().find((route) => spelling(route.path) === spelling(path));
    if (taken === undefined) {
      return;
    }
    const what =
      path === this.options.path
        ? `The option path "${path}" is taken`
        : `The path "${path}" of endpoint.page is taken`;
    throw new HyperMetricsError(
      `${what}: ${taken.controller}.${taken.method}() has a GET route there (the ` +
        'metrics have no global prefix). Choose another `path`, or move that route.',
    );
  }

  private applicationRoutes(): readonly ApplicationRoute[] {
    return this.routes.getRoutes(this.controller);
  }
}
