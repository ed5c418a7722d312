import { Inject, Injectable } from '@nestjs/common';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
} from '../catalog/http.catalog.js';
import type { EndpointAddress } from '../options/endpoint-options.interface.js';
import { InvalidValueError } from '../core/errors.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import { keepProcess } from '../core/tool/keep-process.js';
import type { Instrumentable } from '../options/instrumentable.interface.js';
import type { ApplicationDatabase } from '../database/application-database.js';
import type { QuerySource } from '../database/source/query-source.interface.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_DATABASE,
  APPLICATION_REGISTRY,
  APPLICATION_SCOPES,
  GATHERER,
  HYPER_METRICS_OPTIONS,
  METRICS_SERVER,
} from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { globalHostRegistry } from '../registry/default-registry.js';
import { allowRepeatedReads } from '../request-scope/request-scope.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { pushTargetProblems } from '../options/push-rules.js';
import type { PushTarget } from '../options/push-options.interface.js';
import { contractFamily } from './contract-family.js';
import { exposeAsText } from './expose-as-text.js';
import {
  toDefinition,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type MetricConfiguration,
} from './metric-configuration.js';
import type { Counter, Gauge, Histogram } from './metric-types.js';
import { pushMetrics } from './push-metrics.js';
import { sampleValue, type SampleLabels } from './sample-value.js';

/**
 * The injectable API: the contract's families, your own metrics, and the whole exposition. With `enabled: false` all methods
 * work and nothing is recorded.
 */
@Injectable()
export class MetricsService {
  constructor(
    @Inject(APPLICATION_REGISTRY) private readonly application: RegistryLease,
    @Inject(HYPER_METRICS_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(APPLICATION_DATABASE) private readonly database: ApplicationDatabase,
    @Inject(APPLICATION_SCOPES) private readonly scopes: ScopeOpener,
    @Inject(GATHERER) private readonly gatherer: Gatherer,
    @Inject(METRICS_SERVER) private readonly endpoint: EndpointAddress,
  ) {}

  /** `http_requests_total`: every request, once. Labels: method, status. */
  get httpRequestsTotal(): Counter<'method' | 'status'> {
    return contractFamily(this.application.registry, HTTP_REQUESTS_TOTAL);
  }

  /** `http_request_duration_seconds`: request duration in seconds, without event streams. No labels. */
  get httpRequestDuration(): Histogram<never> {
    return contractFamily(this.application.registry, HTTP_REQUEST_DURATION_SECONDS);
  }

  /** `http_requests_in_flight`: requests whose response has not ended. No labels. */
  get httpRequestsInFlight(): Gauge<never> {
    return contractFamily(this.application.registry, HTTP_REQUESTS_IN_FLIGHT);
  }

  /** The Prometheus client registry that has the families; its other metrics are exported too. */
  get registry(): HostRegistry {
    return this.options.registry ?? globalHostRegistry;
  }

  /**
   * URL of the server on `endpoint.port`, such as `http://127.0.0.1:9464/metrics`: from the application's start (Nest's
   * `onApplicationBootstrap`) until it closes. Otherwise `undefined`.
   */
  get endpointUrl(): string | undefined {
    return this.endpoint.url;
  }

  /**
   * Returns your own counter: created at the first call, the same one at later calls with an equal definition.
   *
   * @throws {@link MetricConflictError} if the name is registered with another type or other labels.
   * @throws {@link InvalidDefinitionError} if the name or a label name is invalid.
   */
  counter<Label extends string = never>(configuration: MetricConfiguration<Label>): Counter<Label> {
    return this.application.customFamily(toDefinition('counter', configuration));
  }

  /**
   * Returns your own gauge: created at the first call, the same one at later calls with an equal definition.
   *
   * @throws {@link MetricConflictError} if the name is registered with another type or other labels.
   * @throws {@link InvalidDefinitionError} if the name or a label name is invalid.
   */
  gauge<Label extends string = never>(configuration: GaugeConfiguration<Label>): Gauge<Label> {
    return this.application.customFamily(toDefinition('gauge', configuration));
  }

  /**
   * Returns your own histogram: created at the first call, the same one at later calls with an equal definition.
   *
   * @throws {@link MetricConflictError} if the name is registered with another type, other labels or other buckets.
   * @throws {@link InvalidDefinitionError} if the name, a label name or the buckets are invalid.
   */
  histogram<Label extends string = never>(configuration: HistogramConfiguration<Label>): Histogram<Label> {
    return this.application.customFamily(toDefinition('histogram', configuration));
  }

  /**
   * Instruments a database that is not a provider of the application: a data source of TypeORM, or a pool of `pg`. Does
   * nothing if it is already instrumented, or with `enabled: false`. Effective from the application's start (Nest's
   * `onModuleInit`) until it closes.
   *
   * @param name - its label `data_source`, with `pools: { perPool: true }`
   * @returns a function that undoes it earlier; not needed for pools that have ended
   * @throws {@link InvalidValueError} if `database` is neither, or `name` is not a string.
   */
  instrument(database: Instrumentable, name?: string): () => void {
    if (name !== undefined && typeof name !== 'string') {
      throw new InvalidValueError(`The name of a database must be a string, and is of type ${typeof name}.`);
    }
    return this.database.add(database, name);
  }

  /**
   * Runs work that is not an HTTP request (a job, a message, a command) as one unit, whose queries are checked together for N+1
   * patterns. Inside a request or another unit it is a separate unit.
   *
   * @param name - label `route` of `n_plus_one_by_route_total`; use few names, such as `nightly report`, and no ids
   * @returns the result of `work`, as a promise
   * @throws the error of `work`; `NPlusOneError` with `performance: { failOnNPlusOne: true }`
   */
  unitOfWork<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    return this.scopes.work(name, work);
  }

  /**
   * Runs code that may repeat reads, such as reads that depend on each other: they are no N+1 findings. `getStats()` of
   * `PerformanceTracker` counts them as `nPlusOneExempt` from the threshold on. Applies to the reads that `work` and everything it
   * starts send within the current request or unit of work. A unit of work that begins in it is checked by itself. For whole routes
   * and for statements, use `performance.nPlusOneIgnore`.
   *
   * @returns the result of `work`
   * @throws the error of `work`
   * @example const path = await metrics.allowRepeatedReads(() => this.categories.pathTo(id));
   */
  allowRepeatedReads<T>(work: () => T): T {
    return allowRepeatedReads(work);
  }

  /**
   * Pushes all exported metrics to a Pushgateway, for jobs that end before a scrape. Does nothing with `enabled: false`. See
   * `pushOnShutdown` for a push when the application closes.
   *
   * @throws {@link PushError}, as a rejection, if no attempt succeeded.
   * @throws {@link InvalidValueError}, as a rejection, if the target is invalid.
   * @throws {@link MetricsUnavailableError}, as a rejection, while the process that aggregates all metrics does not answer.
   * @example await metrics.push({ url: 'http://pushgateway:9091', jobName: 'nightly-report' })
   */
  async push(target: PushTarget): Promise<void> {
    const problems = pushTargetProblems(target);
    if (problems.length > 0) {
      throw new InvalidValueError(`The target of push() is invalid: ${problems.join('; ')}.`);
    }
    if (this.options.enabled) {
      await pushMetrics(this.gatherer, target);
    }
  }

  /** @internal The databases of the application; `undefined` with `enabled: false`. */
  databases(): readonly QuerySource[] | undefined {
    if (!this.options.enabled) {
      return undefined;
    }
    this.database.discover();
    return this.database.watched;
  }

  /** @internal The metrics of {@link collect}, as data. */
  gather(): Promise<readonly FamilySnapshot[]> {
    return keepProcess(this.gatherer.gather());
  }

  /**
   * Returns all exported metrics in the text format 0.0.4: those of all processes with the option `cluster`, an empty string with
   * `enabled: false`.
   *
   * @throws {@link MetricsUnavailableError}, as a rejection, while the process that aggregates all metrics does not answer.
   */
  collect(): Promise<string> {
    return exposeAsText(this.gatherer);
  }

  /**
   * Returns the value of one sample by its full exported name and all its labels; `undefined` if there is none. Meant for
   * tests: it gathers all metrics.
   *
   * @throws {@link MetricsUnavailableError}, as a rejection, as {@link collect} does.
   * @example await metrics.getValue('hyperdjango_http_requests_total', { method: 'GET', status: '200' })
   */
  async getValue(sampleName: string, labels: SampleLabels = {}): Promise<number | undefined> {
    return sampleValue(await this.gather(), sampleName, labels);
  }
}
