import { type Provider } from '@nestjs/common';
import { APP_INTERCEPTOR, ModulesContainer } from '@nestjs/core';
import type { ClusterGatherer } from '../cluster/cluster-gatherer.js';
import type { ApplicationDatabase } from '../database/application-database.js';
import { decoratorsNeedScopes } from '../decorators/metrics-owners.js';
import { ApplicationRoutes } from '../endpoint/application-routes.service.js';
import { MetricsEndpoint } from '../endpoint/metrics-endpoint.js';
import type { MetricsControllerClass } from '../endpoint/metrics.controller.js';
import { areOutgoingRequestsRecorded } from '../http-client/recording-applications.js';
import { HttpMetricsInterceptor } from '../http/http-metrics.interceptor.js';
import { isPlainObject } from '../options/option-rule.js';
import { InvalidOptionsError, resolveOptions } from '../options/resolve-options.js';
import type {
  HyperMetricsAsyncOptions,
  HyperMetricsOptions,
  HyperMetricsOptionsFactory,
} from '../options/hyper-metrics-options.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_DATABASE,
  APPLICATION_METRICS,
  APPLICATION_REGISTRY,
  APPLICATION_SCHEDULES,
  APPLICATION_SCOPES,
  CLUSTER_GATHERER,
  HYPER_METRICS_OPTIONS,
  METRICS_ENDPOINT,
} from '../options/tokens.js';
import { RegistryLease } from '../registry/registry-lease.js';
import {
  globalHostRegistry,
  processWideRegistry,
  registryOf,
  noopRegistry,
} from '../registry/default-registry.js';
import { ScopeOpener } from '../request-scope/scope-opener.js';
import { ApplicationSchedules } from '../schedule/application-schedules.js';
import { MetricsService } from '../service/metrics.service.js';
import { ApplicationMetrics } from './application-metrics.js';
import { clusterProviders } from './cluster.providers.js';
import { databaseProviders } from './database.providers.js';
import { DecoratedProviders } from './decorated-providers.js';
import { endpointProviders } from './endpoint.providers.js';
import { logger } from './logger.providers.js';
import { findScheduler } from './scheduler-finder.js';

/** Providers of `forRoot()` and `forRootAsync()`, except the options. */
export function createProviders(controller: MetricsControllerClass): Provider[] {
  return [
    {
      provide: APPLICATION_REGISTRY,
      useFactory: ({ enabled, registry, prefix, nativeHistograms }: ResolvedOptions) => {
        const shared = enabled ? registryOf(registry ?? globalHostRegistry, prefix) : noopRegistry(prefix);
        shared.settings.announce(nativeHistograms);
        return new RegistryLease(shared);
      },
      inject: [HYPER_METRICS_OPTIONS],
    },
    {
      provide: APPLICATION_METRICS,
      useFactory: (
        registry: RegistryLease,
        options: ResolvedOptions,
        database: ApplicationDatabase,
        scopes: ScopeOpener,
        schedules: ApplicationSchedules,
        modules: ModulesContainer,
        cluster: ClusterGatherer | undefined,
      ) =>
        new ApplicationMetrics(
          registry,
          options,
          logger,
          new DecoratedProviders(modules),
          database,
          scopes,
          schedules,
          cluster,
        ),
      inject: [
        APPLICATION_REGISTRY,
        HYPER_METRICS_OPTIONS,
        APPLICATION_DATABASE,
        APPLICATION_SCOPES,
        APPLICATION_SCHEDULES,
        ModulesContainer,
        CLUSTER_GATHERER,
      ],
    },
    ...clusterProviders,
    {
      provide: APPLICATION_SCOPES,
      useFactory: (registry: RegistryLease) =>
        new ScopeOpener(registry, () => needsScopes(registry), registry.traces),
      inject: [APPLICATION_REGISTRY],
    },
    {
      provide: APPLICATION_SCHEDULES,
      useFactory: (registry: RegistryLease, scopes: ScopeOpener, modules: ModulesContainer) =>
        new ApplicationSchedules(registry, scopes, logger, () => findScheduler(modules)),
      inject: [APPLICATION_REGISTRY, APPLICATION_SCOPES, ModulesContainer],
    },
    ...databaseProviders,
    ...endpointProviders,
    ApplicationRoutes,
    {
      provide: METRICS_ENDPOINT,
      useFactory: (routes: ApplicationRoutes, options: ResolvedOptions) =>
        new MetricsEndpoint(routes, controller, options),
      inject: [ApplicationRoutes, HYPER_METRICS_OPTIONS],
    },
    {
      // Nest ignores a global interceptor that is undefined.
      provide: APP_INTERCEPTOR,
      useFactory: (registry: RegistryLease, { enabled, http }: ResolvedOptions) =>
        enabled && http !== false && http.handlers ? new HttpMetricsInterceptor(registry) : undefined,
      inject: [APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS],
    },
    MetricsService,
  ];
}

/**
 * Returns whether scopes are needed to find the application of the running code. Without a scope, decorated methods record to the
 * process-wide metrics, so the application that provides those needs none. Outgoing requests would count as those of another
 * application of the process.
 */
function needsScopes({ registry }: RegistryLease): boolean {
  return (registry !== processWideRegistry() && decoratorsNeedScopes()) || areOutgoingRequestsRecorded();
}

const FUNCTION = { allowed: 'a function', isAllowed: (value: unknown) => typeof value === 'function' };
const ARRAY = { allowed: 'an array', isAllowed: (value: unknown) => Array.isArray(value) };
const ASYNC_OPTIONS: Readonly<Record<string, { allowed: string; isAllowed(value: unknown): boolean }>> = {
  imports: ARRAY,
  inject: ARRAY,
  useFactory: FUNCTION,
  useClass: { ...FUNCTION, allowed: 'a class' },
  useExisting: { allowed: 'an injection token', isAllowed: (value) => value !== null },
};

/** Nest's own errors about these do not name this module. */
function assertAsyncOptions(options: unknown): void {
  const problem = asyncOptionsProblem(options);
  if (problem !== undefined) {
    throw new InvalidOptionsError(`HyperMetricsModule.forRootAsync() ${problem}`);
  }
}

function asyncOptionsProblem(options: unknown): string | undefined {
  const names = Object.keys(ASYNC_OPTIONS).join(', ');
  if (!isPlainObject(options)) {
    return `needs an object of ${names}.`;
  }
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(ASYNC_OPTIONS, name));
  if (unknown.length > 0) {
    return (
      `has the unknown options ${unknown.join(', ')}; allowed: ${names}. ` +
      'Return options of the module from the factory.'
    );
  }
  const wrong = Object.entries(ASYNC_OPTIONS).find(
    ([name, type]) => options[name] !== undefined && !type.isAllowed(options[name]),
  );
  return wrong && `has a wrong ${wrong[0]}; allowed: ${wrong[1].allowed}.`;
}

/** `undefined` is a forgotten `return`, not a request for the defaults. */
function resolveReturned(options: HyperMetricsOptions | undefined): ResolvedOptions {
  if (options === undefined) {
    throw new InvalidOptionsError(
      'The options factory of HyperMetricsModule.forRootAsync() returned undefined; allowed: an object, {} for the defaults.',
    );
  }
  return resolveOptions(options);
}

/** Returns the options provider of `forRootAsync()`, and the provider of `useClass`. */
export function createAsyncOptionsProviders(options: HyperMetricsAsyncOptions): Provider[] {
  assertAsyncOptions(options);
  const { useFactory, useClass, useExisting, inject = [] } = options;
  const ways = [useFactory, useClass, useExisting].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new InvalidOptionsError(
      `HyperMetricsModule.forRootAsync() needs exactly one of useFactory, useClass and useExisting, and got ${ways.length}.`,
    );
  }
  if (useFactory !== undefined) {
    const factory = useFactory as (
      ...dependencies: unknown[]
    ) => HyperMetricsOptions | Promise<HyperMetricsOptions>;
    return [
      {
        provide: HYPER_METRICS_OPTIONS,
        useFactory: async (...dependencies: unknown[]) => resolveReturned(await factory(...dependencies)),
        inject,
      },
    ];
  }
  const fromClass: Provider = {
    provide: HYPER_METRICS_OPTIONS,
    useFactory: async (factory: HyperMetricsOptionsFactory) => {
      if (typeof factory?.createHyperMetricsOptions !== 'function') {
        throw new InvalidOptionsError(
          `HyperMetricsModule.forRootAsync() needs the method createHyperMetricsOptions() in the class of ` +
            `${useClass === undefined ? 'useExisting' : 'useClass'}.`,
        );
      }
      return resolveReturned(await factory.createHyperMetricsOptions());
    },
    inject: [(useClass ?? useExisting) as NonNullable<typeof useExisting>],
  };
  return useClass === undefined ? [fromClass] : [fromClass, useClass];
}
