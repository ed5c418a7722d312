import { HyperMetricsError } from '../core/errors.js';
import { moveRouteAhead } from '../http/express.adapter.js';
import type { HttpAdapter } from '../http/http-adapter.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { ApplicationRoute, ApplicationRoutes } from './application-routes.service.js';
import { enhancerClasses, routeScrapes, type MetricsControllerClass } from './metrics.controller.js';

/** Routes the scrape endpoint's path to its controller. */
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
    const { path, endpoint } = this.options;
    this.routes.excludeFromGlobalPrefix(path);
    this.assertPathIsFree(platform);
    if (routed) {
      return;
    }
    routeScrapes(this.controller, path, endpoint);
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
      moveRouteAhead(
        adapter,
        this.options.path,
        this.applicationRoutes().map(({ path }) => path),
      );
    }
  }

  private assertPathIsFree(platform: string | undefined): void {
    const spelling = (path: string): string => (platform === 'express' ? path.toLowerCase() : path);
    const path = spelling(this.options.path);
    const taken = this.applicationRoutes().find((route) => spelling(route.path) === path);
    if (taken !== undefined) {
      throw new HyperMetricsError(
        `The option path "${this.options.path}" is taken: ${taken.controller}.${taken.method}() has a GET route there (the ` +
          'metrics have no global prefix). Choose another `path`, or move that route.',
      );
    }
  }

  private applicationRoutes(): readonly ApplicationRoute[] {
    return this.routes.getRoutes(this.controller);
  }
}
