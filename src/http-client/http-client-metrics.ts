import {
  HTTP_CLIENT_ERRORS_TOTAL,
  HTTP_CLIENT_REQUEST_DURATION_SECONDS,
  HTTP_ROUTE_OUTGOING_SECONDS_TOTAL,
} from '../catalog/http-client.catalog.js';
import type { Counter } from '../core/metric/counter.js';
import type { Histogram } from '../core/metric/histogram.js';
import { BoundedLabel } from '../core/tool/bounded-label.js';
import type { Logger } from '../core/tool/logger.js';
import { methodLabel } from '../core/tool/method-label.js';
import { satisfies } from '../core/tool/safe-predicate.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import type { OutgoingRequest } from '../options/http-client-options.interface.js';
import type { ResolvedHttpClientOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { BACKGROUND_ROUTE, type RequestScope } from '../request-scope/request-scope.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { OutgoingExchange, type OutgoingRecorder, OutgoingTime } from './outgoing-exchange.js';
import { recordOutgoing } from './record-outgoing.js';
import type { OutgoingApplication } from './recording-applications.js';
import { type TargetHost, TargetHosts } from './target-hosts.js';

const MAX_CODES = 50;

/** The metrics of the outgoing requests of one application. */
export class HttpClientMetrics implements OutgoingRecorder, OutgoingApplication {
  private readonly durations: Histogram<'method' | 'host' | 'status'>;
  private readonly errors: Counter<'host' | 'code'>;
  private readonly routeSeconds: Counter<'route'>;
  private readonly hosts: TargetHosts;
  private readonly codes = new BoundedLabel(MAX_CODES);
  private readonly predicates: readonly ((request: OutgoingRequest) => boolean)[];
  private readonly faults: WarnOnce;
  private readonly predicateFaults: WarnOnce;
  private readonly traces: TraceSource;
  private isOpen = false;

  constructor(
    /** The application, as the owner of scopes. */
    readonly owner: RegistryLease,
    { buckets, ignore, maxHosts }: ResolvedHttpClientOptions,
    private readonly scopes: ScopeOpener,
    logger: Logger,
  ) {
    this.traces = owner.traces;
    this.durations = owner.catalogFamily({ ...HTTP_CLIENT_REQUEST_DURATION_SECONDS, buckets });
    this.errors = owner.catalogFamily(HTTP_CLIENT_ERRORS_TOTAL);
    this.routeSeconds = owner.catalogFamily(HTTP_ROUTE_OUTGOING_SECONDS_TOTAL);
    this.routeSeconds.labels(BACKGROUND_ROUTE);
    this.hosts = new TargetHosts(maxHosts, ignore);
    this.predicates = ignore.filter((rule) => typeof rule === 'function');
    this.faults = new WarnOnce(logger, 'An outgoing request could not be recorded');
    this.predicateFaults = new WarnOnce(
      logger,
      'A predicate in httpClient.ignore failed; its request is recorded',
    );
  }

  /** Records requests until the returned function is called. Those under way then are not recorded. */
  start(): Undo {
    this.isOpen = true;
    const undos = [this.scopes.join(this), recordOutgoing(this)];
    return () => {
      this.isOpen = false;
      undos.forEach((undo) => undo());
    };
  }

  /**
   * Returns the record of a request that begins; `undefined` if it is ignored.
   *
   * @param target - its origin, or its host with or without port
   */
  begin(
    method: string,
    target: string,
    path: string,
    scope: RequestScope | undefined,
  ): OutgoingExchange | undefined {
    const host = this.hosts.find(target);
    if (host.isIgnored || this.isIgnored(method, host, path)) {
      return undefined;
    }
    const { traces } = this;
    return new OutgoingExchange(
      this,
      this.labelOf(method, host),
      host.label,
      this.timeOf(scope),
      traces.current(),
    );
  }

  ended(
    { method, host, time, trace }: OutgoingExchange,
    status: number | string,
    seconds: number,
    code: string | undefined,
  ): void {
    if (!this.isOpen) {
      return;
    }
    try {
      this.durations.child([method, host, status]).observeTraced(seconds, trace);
      if (code !== undefined) {
        this.errors.child([host, this.codes.valueOf(code)]).incTraced(trace);
      }
      if (time === undefined) {
        this.count(BACKGROUND_ROUTE, seconds);
        return;
      }
      time.seconds += seconds;
      if (time.scope.endedAtMs < Infinity) {
        this.countTime(time);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  createState(scope: RequestScope): OutgoingTime {
    return new OutgoingTime(scope);
  }

  scopeEnded(time: OutgoingTime | undefined): void {
    if (time !== undefined) {
      this.countTime(time);
    }
  }

  scopeDiscarded(time: OutgoingTime | undefined): void {
    this.scopeEnded(time);
  }

  failed(error: unknown): void {
    this.faults.report(error);
  }

  private isIgnored(method: string, { name }: TargetHost, path: string): boolean {
    return (
      this.predicates.length > 0 &&
      this.predicates.some((predicate) =>
        satisfies(predicate, { method, host: name, path }, (error) => this.predicateFaults.report(error)),
      )
    );
  }

  /** Returns the value of the label `method`. Exports failures of the method and host from their first request on. */
  private labelOf(method: string, { label: host, failures }: TargetHost): string {
    // The application may have removed the series.
    if (failures.get(method)?.detached === false) {
      return method;
    }
    const label = methodLabel(method);
    failures.set(label, this.durations.labels(label, host, 'error'));
    return label;
  }

  /** Returns `undefined` outside of units of work, and after the end of one. */
  private timeOf(scope: RequestScope | undefined): OutgoingTime | undefined {
    const time = scope?.stateOf(this);
    return time === undefined || time.scope.endedAtMs < Infinity ? undefined : time;
  }

  private countTime(time: OutgoingTime): void {
    const name: unknown = time.scope.name;
    const { seconds } = time;
    time.seconds = 0;
    // A discarded request has no route. Untyped code may name a unit of work with any value.
    this.count(typeof name === 'string' ? name : BACKGROUND_ROUTE, seconds);
  }

  private count(route: string, seconds: number): void {
    try {
      this.routeSeconds.child([route]).inc(seconds);
    } catch (error) {
      this.failed(error);
    }
  }
}
