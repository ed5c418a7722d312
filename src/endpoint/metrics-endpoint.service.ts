import type { Type } from '@nestjs/common';
import { HyperMetricsError } from '../core/errors.js';
import { moveRouteAhead } from '../http/express-route-order.js';
import type { HttpAdapter } from '../http/http-adapter.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { ApplicationRoute, ApplicationRoutes } from './application-routes.service.js';
import { enhancerClasses, routeScrapes, type MetricsControllerClass } from './metrics.controller.js';

/** Puts the scrape endpoint at its exact path. */
export class MetricsEndpoint {
  constructor(
    private readonly routes: ApplicationRoutes,
    private readonly controller: MetricsControllerClass,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Gives the controller its route. Called by `configure()`, when the options are known and Nest has not read any
   * route yet.
   *
   * @param routed - whether `forRoot()` has done so already
   * @throws {@link HyperMetricsError} when the application has a route at the same path, or when guards or decorators
   *   are classes that Nest can no longer instantiate.
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
        `endpoint.guards or decorators bring ${classes.join(', ')}, which Nest can no longer instantiate when the options come from ` +
          'forRootAsync(). Give an instance (guards: [new MyGuard()]), or use forRoot().',
      );
    }
  }

  /** Called once all routes are registered. */
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
        `The metrics endpoint cannot be at "${this.options.path}": ${taken.controller}.${taken.method}() has a GET route ` +
          'there (a global prefix does not separate them). Choose another `path`, or move that route.',
      );
    }
  }

  private applicationRoutes(): readonly ApplicationRoute[] {
    return this.routes.getRoutes(this.controller as Type);
  }
}
