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
import type { Instrumentable } from '../options/instrumentable.interface.js';
import type { ApplicationDatabase } from '../database/application-database.js';
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
 * The injectable face of the library: the contract's families, metrics of your own, and the whole exposition.
 * With `enabled: false` it can be used all the same; nothing is recorded.
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

  /** `http_request_duration_seconds`: request duration in seconds, event streams left out. No labels. */
  get httpRequestDuration(): Histogram<never> {
    return contractFamily(this.application.registry, HTTP_REQUEST_DURATION_SECONDS);
  }

  /** `http_requests_in_flight`: requests whose response has not ended. No labels. */
  get httpRequestsInFlight(): Gauge<never> {
    return contractFamily(this.application.registry, HTTP_REQUESTS_IN_FLIGHT);
  }

  /** The Prometheus client registry that the families are in; metrics put there by others are exported too. */
  get registry(): HostRegistry {
    return this.options.registry ?? globalHostRegistry;
  }

  /**
   * Where the metrics are when they have a port of their own (`endpoint.port`), from the application's start (Nest's
   * `onApplicationBootstrap`) until it closes: `http://127.0.0.1:9464/metrics`. Otherwise `undefined`.
   */
  get endpointUrl(): string | undefined {
    return this.endpoint.url;
  }

  /**
   * A counter of your own: made at the first call, the same one at later calls with the same definition.
   *
   * @throws {@link MetricConflictError} when the name is taken by another type or other labels.
   * @throws {@link InvalidDefinitionError} when the name or a label name is illegal.
   */
  counter<Label extends string = never>(configuration: MetricConfiguration<Label>): Counter<Label> {
    return this.application.customFamily(toDefinition('counter', configuration));
  }

  /**
   * A gauge of your own: made at the first call, the same one at later calls with the same definition.
   *
   * @throws {@link MetricConflictError} when the name is taken by another type or other labels.
   * @throws {@link InvalidDefinitionError} when the name or a label name is illegal.
   */
  gauge<Label extends string = never>(configuration: GaugeConfiguration<Label>): Gauge<Label> {
    return this.application.customFamily(toDefinition('gauge', configuration));
  }

  /**
   * A histogram of your own: made at the first call, the same one at later calls with the same definition.
   *
   * @throws {@link MetricConflictError} when the name is taken by another type, other labels or other buckets.
   * @throws {@link InvalidDefinitionError} when the name, a label name or the buckets are illegal.
   */
  histogram<Label extends string = never>(configuration: HistogramConfiguration<Label>): Histogram<Label> {
    return this.application.customFamily(toDefinition('histogram', configuration));
  }

  /**
   * Watches a database that is no provider of the application: a data source of TypeORM, or a pool of `pg`. Does nothing
   * when it is watched already, and with `enabled: false`. It is watched from the application's start (Nest's
   * `onModuleInit`) until it closes.
   *
   * @param name - what `data_source` says of it, with `pools: { perPool: true }`
   * @returns a function that ends it before that. A pool that has ended is forgotten by itself
   * @throws {@link InvalidValueError} on anything else, and on a name that is no text.
   */
  instrument(database: Instrumentable, name?: string): () => void {
    if (name !== undefined && typeof name !== 'string') {
      throw new InvalidValueError(`The name of a database is a text, and not of type ${typeof name}.`);
    }
    return this.database.add(database, name);
  }

  /**
   * Does some work that is no HTTP request (a job, a message, a command) as one unit: its queries are looked at together for
   * N+1 patterns, which are reported under its name. Within a request or another unit it is a unit of its own.
   *
   * @param name - one of few, for it becomes the label `route` of `n_plus_one_by_route_total`: `nightly report`, and no id
   * @returns what `work` returns, as a promise
   * @throws what `work` throws; `NPlusOneError` with `performance: { failOnNPlusOne: true }`
   */
  unitOfWork<T>(name: string, work: () => T | PromiseLike<T>): Promise<T> {
    return this.scopes.work(name, work);
  }

  /**
   * Pushes everything that a scrape answers to a Pushgateway, for jobs that end before anybody scrapes them. Does nothing with
   * `enabled: false`. See `pushOnShutdown` for a push when the application closes.
   *
   * @throws {@link PushError} when no attempt was successful, as a rejection.
   * @throws {@link InvalidValueError} when the target cannot be one, as a rejection.
   * @throws {@link MetricsUnavailableError} when the metrics of all processes cannot be had now, as a rejection.
   * @example await metrics.push({ url: 'http://pushgateway:9091', jobName: 'nightly-report' })
   */
  async push(target: PushTarget): Promise<void> {
    const problems = pushTargetProblems(target);
    if (problems.length > 0) {
      throw new InvalidValueError(`The metrics cannot be pushed there: ${problems.join('; ')}.`);
    }
    if (this.options.enabled) {
      await pushMetrics(this.gatherer, target);
    }
  }

  /** @internal As {@link collect}, as data. */
  gather(): Promise<readonly FamilySnapshot[]> {
    return this.gatherer.gather();
  }

  /**
   * Everything that a scrape answers, in the text format 0.0.4; of all processes with the option `cluster`, empty with
   * `enabled: false`.
   *
   * @throws {@link MetricsUnavailableError}, as a rejection, while whoever puts the metrics of all processes together does not answer.
   */
  collect(): Promise<string> {
    return exposeAsText(this.gatherer);
  }

  /**
   * Reads one sample by its full exported name and all its labels; `undefined` when there is none. Made for tests:
   * it gathers everything.
   *
   * @throws {@link MetricsUnavailableError}, as a rejection, when {@link collect} does.
   * @example await metrics.getValue('hyperdjango_http_requests_total', { method: 'GET', status: '200' })
   */
  async getValue(sampleName: string, labels: SampleLabels = {}): Promise<number | undefined> {
    return sampleValue(await this.gather(), sampleName, labels);
  }
}
