import { endpointPaths } from '../endpoint/endpoint-requests.js';
import { watchRefusals } from '../endpoint/refused-scrapes.js';
import { REFUSAL_REASONS } from '../endpoint/scrape-handler.js';
import { CLUSTER_STARTS_TOTAL } from '../catalog/process.catalog.js';
import {
  METRICS_COLLECTOR_ERRORS_TOTAL,
  METRICS_SCRAPE_DURATION_SECONDS,
  METRICS_SCRAPES_REFUSED_TOTAL,
  METRICS_SERIES_DROPPED_TOTAL,
} from '../catalog/scrape.catalog.js';
import type { ClusterGatherer } from '../cluster/cluster-gatherer.js';
import type { Logger } from '../core/tool/logger.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import { noteApplication } from '../core/tool/package-copies.js';
import { decoratedMethodsOf } from '../decorators/decorated-classes.js';
import { MetricsOwner } from '../decorators/metrics-owner.js';
import { LiveApplication } from '../decorators/metrics-owners.js';
import type { HttpAdapter } from '../http/http-adapter.interface.js';
import { HttpClientMetrics } from '../http-client/http-client-metrics.js';
import { HttpMetrics } from '../http/http-metrics.js';
import { bucketsWithThreshold, exportObjectives } from '../http/objectives.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { applicationVersion } from '../process/application-version.js';
import { EventLoopCollector } from '../process/event-loop.collector.js';
import { LimitsCollector } from '../process/limits.collector.js';
import { ProcessCollector } from '../process/process.collector.js';
import { installRuntimeMetrics } from '../process/runtime-metrics.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { openProcessWideRegistry } from '../registry/default-registry.js';
import type { ApplicationDatabase } from '../database/application-database.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import type { ApplicationSchedules } from '../schedule/application-schedules.js';
import { pushMetrics } from '../service/push-metrics.js';
import { createTraceSource } from '../tracing/trace-source.js';
import type { DecoratedProviders } from './decorated-providers.js';
import { exceptionsHandler } from './exceptions.providers.js';
import { logWhenListening, warnOfUnusedOptions } from './start-up-log.js';

/** The metrics of one application: installed when it starts, removed when it closes. */
export class ApplicationMetrics {
  private readonly undo: (() => void)[] = [];
  /** Exists before the start: unit tests use providers of modules that are compiled and never initialised. */
  private readonly application: LiveApplication;

  constructor(
    private readonly registry: RegistryLease,
    private readonly options: ResolvedOptions,
    private readonly logger: Logger,
    private readonly decorated: DecoratedProviders,
    private readonly database: ApplicationDatabase,
    private readonly scopes: ScopeOpener,
    private readonly schedules: ApplicationSchedules,
    private readonly cluster?: ClusterGatherer,
  ) {
    this.application = new LiveApplication(new MetricsOwner(registry, logger), decorated);
  }

  /** @throws `MetricConflictError` if another application or the host has defined a name differently. */
  start(adapter: HttpAdapter | undefined): void {
    try {
      this.putInPlace(adapter);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  private putInPlace(adapter: HttpAdapter | undefined): void {
    const { registry, options, logger } = this;
    this.decorated.complete();
    this.application.changed();
    if (options.registry === undefined) {
      this.undo.push(openProcessWideRegistry(registry.registry, this.cluster));
    }
    this.undo.push(() => registry.release());
    this.undo.push(() => this.database.stop());
    if (!options.enabled) {
      // Health indicators still answer.
      this.database.discover();
      return;
    }
    registry.configure({
      defaultLabels: options.defaultLabels,
      seriesBudget: options.seriesBudget,
      nativeHistograms: options.nativeHistograms,
      collectorTimeoutMs: options.endpoint.collectorTimeoutMs,
      onOverflow: overflowWarnings(logger),
      traces: tracesOf(options, registry, logger),
    });
    registry.addCollector(new ProcessCollector(options.version ?? applicationVersion()));
    if (options.runtimeMetrics) {
      registry.addCollector(new EventLoopCollector());
      registry.addCollector(new LimitsCollector());
    }
    if (options.http !== false) {
      const scrapePaths = options.endpoint.port === undefined ? endpointPaths(options) : [];
      const buckets = bucketsWithThreshold(options.http.buckets, options.slo);
      const http = new HttpMetrics(registry, { ...options.http, buckets }, scrapePaths, logger, this.scopes);
      if (options.slo !== undefined) {
        exportObjectives(registry, options.slo);
      }
      if (adapter !== undefined) {
        this.undo.push(http.attach(adapter, exceptionsHandler));
      }
    }
    if (options.httpClient !== false) {
      this.undo.push(new HttpClientMetrics(registry, options.httpClient, this.scopes, logger).start());
    }
    this.database.start();
    if (options.schedules) {
      this.undo.push(this.schedules.start());
    }
    registry.catalogFamily(METRICS_SCRAPE_DURATION_SECONDS);
    const refused = registry.catalogFamily(METRICS_SCRAPES_REFUSED_TOTAL);
    // At 0, so that rate() sees the first one.
    REFUSAL_REASONS.forEach((reason) => refused.labels(reason));
    if (options.endpoint.port === undefined && adapter !== undefined) {
      this.undo.push(watchRefusals(adapter.getHttpServer(), options.path, () => refused.inc(['guard'])));
    }
    registry.catalogFamily(METRICS_COLLECTOR_ERRORS_TOTAL);
    registry.expectErrors([...fallibleParts(options), ...(this.schedules.isOn ? ['schedules'] : [])]);
    registry.registry.errors.export();
    registry.catalogFamily(METRICS_SERIES_DROPPED_TOTAL);
    for (const method of this.decorated.declaringClasses().flatMap(decoratedMethodsOf)) {
      method.prepare(this.application.owner);
    }
    if (this.cluster !== undefined) {
      registry.catalogFamily(CLUSTER_STARTS_TOTAL).inc();
      this.cluster.start();
      this.undo.push(() => this.cluster?.stop());
    }
  }

  /**
   * The last step of the start. Default metrics come this late so that names registered by the application are left to it.
   *
   * @param server - the server of the metrics; anything else means there is none
   */
  bootstrapped(server: unknown): void {
    const { registry, options, logger } = this;
    if (!options.enabled) {
      logger.log('Metrics are switched off (enabled: false)');
      return;
    }
    // Some providers are complete only when every module is initialised.
    this.database.refresh();
    const warning = noteApplication();
    if (warning !== undefined) {
      logger.warn(warning);
    }
    if (options.runtimeMetrics) {
      installRuntimeMetrics(registry.registry.host);
    }
    warnOfUnusedOptions(options, this.database.watched, logger);
    const others = this.schedules.isOn ? ['schedules'] : [];
    this.undo.push(logWhenListening(server, options, this.database.watched, logger, others));
  }

  /** The application begins to close. */
  closing(): void {
    this.database.closing();
  }

  /** Called when requests have ended and data sources are still open. */
  async drain(): Promise<void> {
    await this.database.drain();
    this.schedules.closing();
    // As late as possible: other processes do not see what is counted after this.
    await this.cluster?.leave();
  }

  /** Pushes the final metrics, for applications that end before a scrape. Never rejects. */
  async pushLast(): Promise<void> {
    const { enabled, pushOnShutdown } = this.options;
    const isRunning = this.undo.length > 0;
    if (!isRunning || !enabled || pushOnShutdown === undefined) {
      return;
    }
    try {
      await pushMetrics(this.registry, pushOnShutdown);
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
    }
  }

  /** Idempotent. */
  stop(): void {
    for (const undo of this.undo.splice(0).toReversed()) {
      undo();
    }
    this.application.close();
  }
}

function tracesOf(
  { exemplars }: ResolvedOptions,
  registry: RegistryLease,
  logger: Logger,
): TraceSource | undefined {
  if (exemplars === false) {
    return undefined;
  }
  const faults = new WarnOnce(logger, 'A measurement has no exemplar');
  return createTraceSource(exemplars, (error) => {
    registry.countError('exemplars');
    faults.report(error);
  });
}

/** Returns label values of `metrics_collector_errors_total` that are not collectors. */
function fallibleParts({ http, endpoint, cluster, exemplars }: ResolvedOptions): string[] {
  const { bearerToken, basicAuth } = endpoint;
  return [
    'scrape',
    'data_sources',
    ...(cluster === false ? [] : ['cluster']),
    ...(exemplars === false ? [] : ['exemplars']),
    ...(http === false ? [] : Object.keys(http.labels).map((label) => `http.labels.${label}`)),
    ...(typeof bearerToken === 'function' ? ['endpoint.bearerToken'] : []),
    ...(typeof basicAuth?.password === 'function' ? ['endpoint.basicAuth'] : []),
  ];
}

/** Further ones are logged on debug level. */
const MAX_OVERFLOW_WARNINGS = 20;

/** The result is called once per family, by code that records. */
function overflowWarnings(logger: Logger): (family: string) => void {
  let warnings = 0;
  return (family) => {
    warnings += 1;
    const text = `Metric "${family}" has more series than seriesBudget allows; further samples go to its series "other"`;
    if (warnings > MAX_OVERFLOW_WARNINGS) {
      logger.debug?.(text);
    } else {
      logger.warn(
        warnings === MAX_OVERFLOW_WARNINGS ? `${text} (further metrics are logged on debug level)` : text,
      );
    }
  };
}
