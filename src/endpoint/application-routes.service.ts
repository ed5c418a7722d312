import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { type ApplicationConfig, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

/** A route of the application that answers GET requests. */
export interface ApplicationRoute {
  readonly controller: string;
  readonly method: string;
  /** The full template, with global prefix, version and module path. */
  readonly path: string;
}

/** Nest's metadata keys (11.1.4 to 12.5). */
const PATH = 'path';
const METHOD = 'method';
const VERSION = '__version__';
const MODULE_PATH = '__module_path__';

/** The application's routes before Nest registers them. Complete from the module's `configure()` on. */
@Injectable()
export class ApplicationRoutes {
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  /** Keeps the global prefix off `path`. Without effect after `configure()`. */
  excludeFromGlobalPrefix(path: string): void {
    const { config } = this;
    if (config.getGlobalPrefix() === '') {
      return;
    }
    const options = config.getGlobalPrefixOptions();
    const exclusion = {
      path,
      requestMethod: RequestMethod.GET,
      pathRegex: new RegExp(`^${path.replaceAll('.', String.raw`\.`)}/?$`),
    };
    config.setGlobalPrefixOptions({ ...options, exclude: [...(options.exclude ?? []), exclusion] });
  }

  /** Returns the routes that answer GET, except those of the controller `own`. */
  getRoutes(own: object): readonly ApplicationRoute[] {
    return [...this.modules.values()].flatMap((module) =>
      [...module.controllers.values()]
        .filter(({ metatype }) => metatype !== null && metatype !== own)
        .flatMap(({ metatype }) => this.routesOf(metatype as Type, this.modulePath(module.metatype))),
    );
  }

  private routesOf(controller: Type, modulePath: string | undefined): ApplicationRoute[] {
    const prototype = controller.prototype as Record<string, object>;
    return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name] as object;
      const method = Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined;
      if (method !== RequestMethod.GET && method !== RequestMethod.ALL) {
        return [];
      }
      return combinations(
        listOf(Reflect.getMetadata(PATH, controller)),
        listOf(Reflect.getMetadata(PATH, handler)),
      )
        .flatMap(([ctrlPath, methodPath]) =>
          this.fullPaths({ controller, handler, ctrlPath, methodPath, modulePath, method }),
        )
        .map((path) => ({ controller: controller.name, method: name, path }));
    });
  }

  private fullPaths(route: {
    controller: Type;
    handler: object;
    ctrlPath: string;
    methodPath: string;
    modulePath: string | undefined;
    method: RequestMethod;
  }): string[] {
    const { config } = this;
    const versioningOptions = config.getVersioning();
    const metadata = {
      ctrlPath: withLeadingSlash(route.ctrlPath),
      methodPath: withLeadingSlash(route.methodPath),
      globalPrefix: withLeadingSlash(config.getGlobalPrefix()),
      modulePath: route.modulePath,
      controllerVersion:
        versioningOptions &&
        (Reflect.getMetadata(VERSION, route.controller) ?? versioningOptions.defaultVersion),
      methodVersion: Reflect.getMetadata(VERSION, route.handler),
      versioningOptions,
    };
    return new RoutePathFactory(config).create(metadata as never, route.method);
  }

  private modulePath(module: Type): string | undefined {
    return (
      Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, module) ??
      Reflect.getMetadata(MODULE_PATH, module)
    );
  }

  /** Prefix and versioning. Nest has no public access to them: `container` is protected in `ModuleRef`. */
  private get config(): ApplicationConfig {
    const { container } = this.moduleRef as unknown as {
      readonly container: { readonly applicationConfig: ApplicationConfig };
    };
    return container.applicationConfig;
  }
}

function listOf(path: unknown): readonly string[] {
  return Array.isArray(path) ? (path as string[]) : [typeof path === 'string' ? path : ''];
}

function combinations(left: readonly string[], right: readonly string[]): [string, string][] {
  return left.flatMap((first) => right.map((second): [string, string] => [first, second]));
}

function withLeadingSlash(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}
