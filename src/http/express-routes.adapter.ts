import type { IncomingMessage } from 'node:http';
import { MIDDLEWARE_ROUTE, routeLabel, UNMATCHED_ROUTE } from './route-label.js';

/** Express' request, as far as its route goes (Express 5). */
export interface ExpressRequest extends IncomingMessage {
  /** Where the layer that has the request is mounted, as the client spelled it; `undefined` outside of routers. */
  readonly baseUrl?: string;
  /** The last route that matched, which may have passed the request on. */
  readonly route?: { readonly path: unknown };
  readonly [key: symbol]: unknown;
}

/** Layers of Express' router (`router` 2.2 to 2.3). */
interface Layer {
  readonly route?: { readonly path: unknown };
  readonly handle: ((...args: never[]) => unknown) & { readonly stack?: readonly Layer[] };
  /** Mounted at `/`. */
  readonly slash?: boolean;
  /** The template or templates, from 2.3 on. */
  readonly rawPath?: unknown;
  readonly matchers?: readonly Matcher[];
}

type Matcher = (path: string) => { readonly path: string; readonly params: object } | false;

/**
 * Stands for where a router of the application is mounted, before the router's own template: the label of such a route is
 * the same wherever its router is mounted.
 */
const MOUNTED = '<mounted>';

/** Names that Express gives to its functions. */
const MOUNTED_APPLICATION = 'mounted_app';
const REGEXP_MATCHER = 'regexpMatcher';

/** Templates by the path that a client sent; parameters and spellings are endless. */
const MAX_KNOWN_MOUNTS = 200;
const MAX_DEPTH = 8;

/** A route of the application, and the template of where its router is mounted: empty when it is the application's own. */
interface KnownRoute {
  readonly label: string;
  /** `undefined` in a router that is mounted twice, or cannot be looked into: a mounted Express application. */
  readonly mount: string | undefined;
}

/** What is mounted at a path. */
interface Mount {
  readonly template: string | undefined;
  /** Whether an error handler is mounted there. */
  readonly handlesErrors: boolean;
}

const NOTHING: Mount = { template: undefined, handlesErrors: false };

/** From 2.3 on, the router keeps on the request: the template of the layer that has it, and the errors that it passed on. */
const MATCHED_ROUTE = 'router.tracing.matchedRoute';
const PASSED_ERRORS = Symbol.for('router.tracing.publishedErrors');

/** Labels requests by the layer of Express' router that answered them. */
export class ExpressRoutes {
  private readonly routes = new WeakMap<object, KnownRoute>();
  private readonly mounts = new Map<string, Mount>();
  /** `null` when the router keeps no template. */
  private matchedRoute: symbol | null | undefined;

  constructor(private readonly application: { readonly router?: unknown }) {}

  /**
   * `req.route` and `req.baseUrl` may be of different layers: a route stays when it has passed the request on, while the base
   * is that of the layer that answered. So they are compared: where they differ, the route counts if it failed, for then
   * an error handler has answered; else the middleware does that answered in the end.
   *
   * @param status - `undefined` while the request is under way
   * @param mountedAt - where the application itself is mounted
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

  /** Whether the layer that has the request is that of this route, as far as the router tells. */
  private isAt(request: ExpressRequest, template: unknown): boolean {
    const pattern = this.patternOf(request);
    return (
      pattern === template ||
      this.matchedRoute === null ||
      (Array.isArray(template) && template.flat(Infinity).includes(pattern))
    );
  }

  /** The template of the layer that has the request; `undefined` when it has left the router. */
  private patternOf(request: ExpressRequest): unknown {
    const key = this.keyOf(request);
    return key == null ? undefined : request[key];
  }

  /** Of the copy of the router that the application uses. */
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
        // A router may hold itself.
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

  /** @param pattern - the template of the layer that has the request, where several are mounted at the path */
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

/** How much of the path the layer's mount takes, without a slash at its end; `undefined` when it is mounted elsewhere. */
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
    // Not decodable.
    return undefined;
  }
}

/**
 * The template that the layer is mounted with. A router before 2.3 does not keep it: there it is what was matched, in small
 * letters, unless that is endless.
 */
function templateOf({ slash, rawPath, matchers = [] }: Layer, matched?: string): string | undefined {
  if (slash) {
    return '';
  }
  if (rawPath !== undefined) {
    return withoutSlash(routeLabel(rawPath));
  }
  const isEndless =
    matched === undefined ||
    matchers.some((matches) => {
      const match = matchOf(matches, matched);
      return match !== undefined && (matches.name === REGEXP_MATCHER || Object.keys(match.params).length > 0);
    });
  return isEndless ? undefined : matched.toLowerCase();
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
