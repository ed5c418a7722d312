import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { HyperMetricsError } from '../core/errors.js';
import { keepProcess } from '../core/tool/keep-process.js';
import { PoolHealthChecker } from '../database/health/pool-health-checker.js';
import { PerformanceTracker } from '../database/performance/performance-tracker.js';
import { PoolTracker } from '../database/pool/pool-tracker.js';
import { QueryTimer } from '../database/query/query-timer.js';
import { SlowQueryLog } from '../database/slow-query-log/slow-query-log.js';
import { StatementCache } from '../database/statement-cache/statement-cache.js';
import type { MetricsEndpoint } from '../endpoint/metrics-endpoint.js';
import type { MetricsServer } from '../endpoint/metrics-server.js';
import { createMetricsController, routeScrapes } from '../endpoint/metrics.controller.js';
import type { HttpAdapter } from '../http/http-adapter.interface.js';
import type {
  HyperMetricsAsyncOptions,
  HyperMetricsOptions,
} from '../options/hyper-metrics-options.interface.js';
import type { LivePage } from '../live/live-page.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_METRICS,
  APPLICATION_REGISTRY,
  ENDPOINT_ROUTED,
  HYPER_METRICS_OPTIONS,
  LIVE_PAGE,
  METRICS_ENDPOINT,
  METRICS_SERVER,
} from '../options/tokens.js';
import type { MetricDefinition } from '../service/metric-definitions.js';
import { MetricsService } from '../service/metrics.service.js';
import type { ApplicationMetrics } from './application-metrics.js';
import { HyperMetricsFeatureModule } from './hyper-metrics-feature.module.js';
import { createAsyncOptionsProviders, createProviders } from './hyper-metrics.providers.js';

/** `HttpMetricsInterceptor` needs the registry where it is bound manually. */
const EXPORTS = [
  MetricsService,
  QueryTimer,
  SlowQueryLog,
  StatementCache,
  PoolHealthChecker,
  PoolTracker,
  PerformanceTracker,
  APPLICATION_REGISTRY,
];

/**
 * Metrics of the whole application. Import `HyperMetricsModule.forRoot()` once, in the root module. The module is global:
 * {@link MetricsService} can be injected everywhere.
 */
@Module({})
export class HyperMetricsModule
  implements
    NestModule,
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  constructor(
    @Optional() @Inject(HYPER_METRICS_OPTIONS) private readonly options: ResolvedOptions,
    @Optional() @Inject(APPLICATION_METRICS) private readonly metrics: ApplicationMetrics,
    @Optional() @Inject(METRICS_ENDPOINT) private readonly endpoint: MetricsEndpoint,
    @Optional() @Inject(ENDPOINT_ROUTED) private readonly endpointRouted: boolean,
    @Optional() @Inject(METRICS_SERVER) private readonly server: MetricsServer,
    @Optional() @Inject(LIVE_PAGE) private readonly page: LivePage | undefined,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    const imports = [...modules.values()].filter(({ metatype }) => metatype === HyperMetricsModule);
    if (imports.length > 1) {
      throw new HyperMetricsError(
        `HyperMetricsModule is imported ${imports.length} times in one application. Import forRoot() or forRootAsync() ` +
          'once, in the root module: it is global.',
      );
    }
    if (options === undefined) {
      throw new HyperMetricsError(
        'HyperMetricsModule is imported as a bare class. Import HyperMetricsModule.forRoot() instead.',
      );
    }
  }

  /**
   * Returns the module with fixed options.
   *
   * @throws `InvalidOptionsError` naming every unknown or invalid option.
   */
  static forRoot(options: HyperMetricsOptions = {}): DynamicModule {
    const resolved = resolveOptions(options);
    const controller = createMetricsController();
    const routed = isOnApplicationPort(resolved);
    if (routed) {
      routeScrapes(controller, resolved);
    }
    return {
      module: HyperMetricsModule,
      global: true,
      controllers: routed ? [controller] : [],
      providers: [
        { provide: HYPER_METRICS_OPTIONS, useValue: resolved },
        { provide: ENDPOINT_ROUTED, useValue: true },
        ...createProviders(controller),
      ],
      exports: EXPORTS,
    };
  }

  /**
   * Returns the module with options from injected providers, such as `ConfigService`.
   *
   * @throws `InvalidOptionsError` on unknown keys and wrong types, and unless exactly one of `useFactory`, `useClass` and `useExisting`
   *   is given; at start-up, on unknown or invalid options.
   */
  static forRootAsync(options: HyperMetricsAsyncOptions): DynamicModule {
    const optionsProviders = createAsyncOptionsProviders(options);
    const controller = createMetricsController();
    return {
      module: HyperMetricsModule,
      global: true,
      imports: options.imports ?? [],
      controllers: [controller],
      providers: [
        ...optionsProviders,
        { provide: ENDPOINT_ROUTED, useValue: false },
        ...createProviders(controller),
      ],
      exports: EXPORTS,
    };
  }

  /**
   * Provides the importing module's own metrics, defined with `defineCounter()`, `defineGauge()` and `defineHistogram()` and
   * injected with `@InjectMetric()`. Their names get no prefix. Modules with equal definitions share one metric; a different
   * definition of the same name is a `MetricConflictError` at start-up.
   *
   * @throws `InvalidDefinitionError` on an invalid name, label or bucket; `MetricConflictError` if one list defines a name twice.
   */
  static forFeature(definitions: readonly MetricDefinition[]): DynamicModule {
    return HyperMetricsFeatureModule.of(definitions);
  }

  /** Adds no middleware: it is the only hook between the application's configuration and its routes. */
  configure(): void {
    if (isOnApplicationPort(this.options)) {
      this.endpoint.configure(this.endpointRouted, this.adapter?.getType());
    }
  }

  onModuleInit(): void {
    const { adapter } = this;
    this.metrics.start(adapter);
    if (isOnApplicationPort(this.options) && adapter !== undefined) {
      this.endpoint.onRoutesRegistered(adapter);
    }
  }

  /** @throws `HyperMetricsError` if the server cannot listen on `endpoint.port`. */
  async onApplicationBootstrap(): Promise<void> {
    const { enabled, endpoint } = this.options;
    if (!enabled || endpoint.port === undefined) {
      this.metrics.bootstrapped(this.adapter?.getHttpServer());
    } else {
      try {
        this.metrics.bootstrapped(await this.server.listen());
      } catch (error) {
        this.metrics.stop();
        throw error;
      }
    }
    if (endpoint.port !== undefined || this.adapter !== undefined) {
      this.page?.start();
    }
  }

  /** Open feeds would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.page?.stop();
    this.metrics.closing();
  }

  /** If TypeORM's module closes first, its data sources wait for queries in their `destroy()`. */
  async onApplicationShutdown(): Promise<void> {
    await keepProcess(this.end());
  }

  private async end(): Promise<void> {
    await this.metrics.drain();
    await this.metrics.pushLast();
    // Scrapes are answered until here.
    await this.server.close();
    this.metrics.stop();
  }

  /** `undefined` in an application context without HTTP, contrary to Nest's types. */
  private get adapter(): HttpAdapter | undefined {
    return (this.adapterHost.httpAdapter as HttpAdapter | null | undefined) ?? undefined;
  }
}

function isOnApplicationPort({ enabled, endpoint }: ResolvedOptions): boolean {
  return enabled && endpoint.port === undefined;
}
