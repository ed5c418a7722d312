import type { IncomingMessage } from 'node:http';
import { MIDDLEWARE_ROUTE, routeLabel, UNMATCHED_ROUTE } from './route-label.js';

/** The part of Express' request that concerns its route (Express 5). */
export interface ExpressRequest extends IncomingMessage {
  /** Mount path of the current layer, as the client spelled it; `undefined` outside of routers. */
  readonly baseUrl?: string;
  /** The last route that matched; it may have called `next()`. */
  readonly route?: { readonly path: unknown };
  readonly [key: symbol]: unknown;
}

/** Layers of Express' router (`router` 2.2 to 2.3). */
interface Layer {
  readonly route?: { readonly path: unknown };
  readonly handle: ((...args: never[]) => unknown) & { readonly stack?: readonly Layer[] };
  /** Mounted at `/`. */
  readonly slash?: boolean;
  /** The template or templates (from router 2.3 on). */
  readonly rawPath?: unknown;
  readonly matchers?: readonly Matcher[];
}

type Matcher = (path: string) => { readonly path: string; readonly params: object } | false;

/**
 * Prefix of the label of a route in a mounted router, in place of the mount path: the label is the same wherever the router is
 * mounted.
 */
const MOUNTED = '<mounted>';

/** Names of Express' functions. */
const MOUNTED_APPLICATION = 'mounted_app';
const REGEXP_MATCHER = 'regexpMatcher';

/** Bounds the mounts that are remembered: paths come from clients. */
const MAX_KNOWN_MOUNTS = 200;
const MAX_DEPTH = 8;

/** A route of the application. */
interface KnownRoute {
  readonly label: string;
  /**
   * Mount template of its router: empty for the application's own router, `undefined` for a router that is mounted twice or is
   * inside a mounted Express application.
   */
  readonly mount: string | undefined;
}

/** The middleware at a mount path. */
interface Mount {
  readonly template: string | undefined;
  /** True when an error handler is mounted there. */
  readonly handlesErrors: boolean;
}

const NOTHING: Mount = { template: undefined, handlesErrors: false };

/** Properties of requests, from router 2.3 on: the template of the current layer, and the errors passed to `next()`. */
const MATCHED_ROUTE = 'router.tracing.matchedRoute';
const PASSED_ERRORS = Symbol.for('router.tracing.publishedErrors');

/** The route labels of an Express application: a request is labelled by the layer that answered it. */
export class ExpressRoutes {
  private readonly routes = new WeakMap<object, KnownRoute>();
  private readonly mounts = new Map<string, Mount>();
  /** The symbol of the router in use; `null` before router 2.3, `undefined` while unknown. */
  private matchedRoute: symbol | null | undefined;

  constructor(private readonly application: { readonly router?: unknown }) {}

  /**
   * Returns the label of the layer that answered. `req.route` stays when a route has called `next()`, while `req.baseUrl` is that
   * of the layer that answered. If the two differ, the route counts when it failed (an error handler has answered for it); else
   * the middleware that answered.
   *
   * @param status - `undefined` before the response's end
   * @param mountedAt - mount path of the application itself
   * @returns `undefined` before routing
   */
  labelOf(request: ExpressRequest, status: number | undefined, mountedAt: string): string | undefined {
    const { baseUrl = '', route } = request;
    if (status === undefined && request.baseUrl === undefined) {
      return undefined;
    }
    const path = baseUrl.startsWith(mountedAt) ? baseUrl.slice(mountedAt.length) : baseUrl;
    if (route === undefined) {
      return this.middlewareLabel(request, path, status);
    }
    const { label, mount } = this.routeOf(route);
    const isAtItsMount = mount === undefined ? path !== '' : mount === this.templateAt(path);
    if (isAtItsMount && (mount !== '' || this.isAt(request, route.path))) {
      return label;
    }
    return this.hasFailed(request, path, status) ? label : this.middlewareLabel(request, path, status);
  }

  private middlewareLabel(request: ExpressRequest, path: string, status: number | undefined): string {
    const pattern = this.patternOf(request);
    const template = path === '' ? undefined : this.mountAt(path, pattern).template;
    if (template !== undefined) {
      return template;
    }
    const isLeft = this.matchedRoute === null ? status === 404 : pattern === undefined;
    const isRefused = status === 499 || (status === 400 && isMalformed(request.url));
    return (isLeft && path === '') || isRefused ? UNMATCHED_ROUTE : MIDDLEWARE_ROUTE;
  }

  private hasFailed(request: ExpressRequest, path: string, status: number | undefined): boolean {
    if (status === undefined) {
      return false;
    }
    return this.keyOf(request) === null
      ? status >= 400 && (path === '' || this.mountAt(path).handlesErrors)
      : request[PASSED_ERRORS] !== undefined;
  }

  /** Returns whether the layer that answered has the route's template. True if the router does not record the layer. */
  private isAt(request: ExpressRequest, template: unknown): boolean {
    const pattern = this.patternOf(request);
    return (
      pattern === template ||
      this.matchedRoute === null ||
      (Array.isArray(template) && template.flat(Infinity).includes(pattern))
    );
  }

  /** The template of the current layer; `undefined` when the request has left the router. */
  private patternOf(request: ExpressRequest): unknown {
    const key = this.keyOf(request);
    return key == null ? undefined : request[key];
  }

  /** Found by description: each copy of the router package has its own symbol. */
  private keyOf(request: ExpressRequest): symbol | null | undefined {
    if (this.matchedRoute === undefined) {
      this.matchedRoute =
        this.stack[0]?.rawPath === undefined
          ? null
          : Object.getOwnPropertySymbols(request).find(({ description }) => description === MATCHED_ROUTE);
    }
    return this.matchedRoute;
  }

  private routeOf(route: { readonly path: unknown }): KnownRoute {
    let known = this.routes.get(route);
    if (known === undefined) {
      this.learn(this.stack, '', []);
      known = this.routes.get(route) ?? { label: MOUNTED + routeLabel(route.path), mount: undefined };
      this.routes.set(route, known);
    }
    return known;
  }

  private learn(stack: readonly Layer[], mount: string | undefined, above: readonly unknown[]): void {
    for (const layer of stack) {
      if (layer.route !== undefined) {
        const label = (mount === '' ? '' : MOUNTED) + routeLabel(layer.route.path);
        const known = this.routes.get(layer.route);
        const isElsewhere = known !== undefined && known.mount !== mount;
        this.routes.set(layer.route, { label, mount: isElsewhere ? undefined : mount });
      } else if (layer.handle.stack !== undefined) {
        // A router may contain itself.
        const isEndless = above.length >= MAX_DEPTH || above.includes(layer.handle);
        const at = isEndless ? undefined : joined(mount, templateOf(layer));
        if (!isEndless || mount !== undefined) {
          this.learn(layer.handle.stack, at, [...above, layer.handle]);
        }
      }
    }
  }

  private templateAt(path: string): string | undefined {
    return path === '' ? '' : this.mountAt(path).template;
  }

  /** @param pattern - the template of the current layer: decides when several are mounted at the path */
  private mountAt(path: string, pattern?: unknown): Mount {
    const known = this.mounts.get(path);
    if (known !== undefined) {
      return known;
    }
    const mount = findMount(this.stack, path, '', pattern, 0);
    const isStatic = mount.template?.toLowerCase() === path.toLowerCase();
    if (isStatic && this.mounts.size < MAX_KNOWN_MOUNTS) {
      this.mounts.set(path, mount);
    }
    return mount;
  }

  private get stack(): readonly Layer[] {
    const { stack } = (this.application.router ?? {}) as { readonly stack?: readonly Layer[] };
    return stack ?? [];
  }
}

function findMount(
  stack: readonly Layer[],
  path: string,
  above: string | undefined,
  pattern: unknown,
  depth: number,
): Mount {
  let template: string | undefined;
  let handlesErrors = false;
  for (const layer of stack) {
    const matched = layer.route === undefined ? matchedBy(layer, path) : undefined;
    if (matched === undefined) {
      continue;
    }
    const rest = path.slice(matched.length);
    const at = joined(above, templateOf(layer, matched));
    if (rest === '') {
      if (layer.handle.length === 4) {
        handlesErrors = true;
      } else if (template === undefined || layer.rawPath === pattern) {
        template = at;
      }
    } else if (layer.handle.stack !== undefined && depth < MAX_DEPTH) {
      const mount = findMount(layer.handle.stack, rest, at, pattern, depth + 1);
      template ??= mount.template;
      handlesErrors ||= mount.handlesErrors;
    } else if (layer.handle.name === MOUNTED_APPLICATION) {
      template ??= at;
    }
  }
  return template === undefined && !handlesErrors ? NOTHING : { template, handlesErrors };
}

/** Returns the part of the path that the layer's mount matches, without a trailing slash; `undefined` without a match. */
function matchedBy({ slash, matchers = [] }: Layer, path: string): string | undefined {
  if (slash) {
    return '';
  }
  for (const matches of matchers) {
    const match = matchOf(matches, path);
    if (match !== undefined) {
      return withoutSlash(match.path);
    }
  }
  return undefined;
}

function matchOf(matches: Matcher, path: string): Exclude<ReturnType<Matcher>, false> | undefined {
  try {
    return matches(path) || undefined;
  } catch {
    // The path has an invalid escape.
    return undefined;
  }
}

/**
 * Returns the template that the layer is mounted with. Before router 2.3 it is unknown: then the matched part of the path stands
 * for it, in lower case, unless it has parameters.
 */
function templateOf({ slash, rawPath, matchers = [] }: Layer, matched?: string): string | undefined {
  if (slash) {
    return '';
  }
  if (rawPath !== undefined) {
    return withoutSlash(routeLabel(rawPath));
  }
  const isUnbounded =
    matched === undefined ||
    matchers.some((matches) => {
      const match = matchOf(matches, matched);
      return match !== undefined && (matches.name === REGEXP_MATCHER || Object.keys(match.params).length > 0);
    });
  return isUnbounded ? undefined : matched.toLowerCase();
}

function joined(above: string | undefined, template: string | undefined): string | undefined {
  return above === undefined || template === undefined ? undefined : above + template;
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function isMalformed(url: string | undefined): boolean {
  try {
    decodeURI(url ?? '');
    return false;
  } catch {
    return true;
  }
}
