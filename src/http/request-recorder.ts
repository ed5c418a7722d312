import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUEST_SIZE_BYTES,
  HTTP_RESPONSE_SIZE_BYTES,
  HTTP_ROUTE_DURATION_SECONDS,
} from '../catalog/http.catalog.js';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { Counter, CounterChild } from '../core/metric/counter.js';
import type { Gauge, GaugeChild } from '../core/metric/gauge.js';
import type { Histogram, HistogramChild } from '../core/metric/histogram.js';
import { methodLabel } from '../core/tool/method-label.js';
import type { ResolvedHttpOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/** A request whose response has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
  /** Values of `http.labels`, in the order of the option. */
  readonly customLabels: readonly string[];
  /** Body sizes; `undefined` unless `http.sizes` is on. */
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
  /** Event streams stay out of the histograms: the time that a client listens is not a latency. */
  readonly eventStream: boolean;
  /** The recorded trace that it belongs to. */
  readonly trace: LegalExemplarLabels | undefined;
}

/** The number of resets of the in-flight gauge when a request started. After a further reset its end is not subtracted. */
export type InFlightMark = number;

/** Nest's status of success for the usual methods. */
const USUAL_STATUSES = { GET: '200', POST: '201', PUT: '200', PATCH: '200', DELETE: '200' } as const;

/** The status of an unexpected failure. */
const FAILED = '500';

/** The least status of requests that the server failed to answer. */
const LEAST_FAILURE = 500;

/** Records requests as samples. Independent of servers and frameworks. */
export class RequestRecorder {
  private readonly requests: Counter<'method' | 'status'>;
  private readonly duration: HistogramChild;
  private readonly inFlight: Gauge<never>;
  private readonly inFlightNow: GaugeChild;
  private readonly routeDuration: Histogram | undefined;
  private readonly requestSize: Histogram<'method' | 'route'> | undefined;
  private readonly responseSize: Histogram<'method' | 'route'> | undefined;
  /** The series of failures (status 500) of each method seen. */
  private readonly failures = new Map<string, CounterChild>();

  constructor(registry: RegistryLease, { buckets, routes, sizes, labels }: ResolvedHttpOptions) {
    this.requests = registry.catalogFamily(HTTP_REQUESTS_TOTAL);
    this.duration = registry.catalogFamily({ ...HTTP_REQUEST_DURATION_SECONDS, buckets }).labels();
    this.inFlight = registry.catalogFamily(HTTP_REQUESTS_IN_FLIGHT);
    this.inFlightNow = this.inFlight.labels();
    const labelNames: readonly string[] = [...HTTP_ROUTE_DURATION_SECONDS.labelNames, ...Object.keys(labels)];
    this.routeDuration = routes
      ? registry.catalogFamily({ ...HTTP_ROUTE_DURATION_SECONDS, labelNames, buckets })
      : undefined;
    this.requestSize = sizes ? registry.catalogFamily(HTTP_REQUEST_SIZE_BYTES) : undefined;
    this.responseSize = sizes ? registry.catalogFamily(HTTP_RESPONSE_SIZE_BYTES) : undefined;
  }

  /**
   * Exports success and failure of the usual methods at 0. Otherwise `rate()` and error ratios would miss the first requests: a
   * rise needs an earlier sample.
   */
  expectRequests(): void {
    for (const [method, status] of Object.entries(USUAL_STATUSES)) {
      this.requests.labels(method, status);
      this.labelOf(method);
    }
  }

  /** Counts a request in flight. Returns the mark for its end. */
  started(): InFlightMark {
    this.inFlightNow.inc();
    return this.inFlight.resets;
  }

  /** Ends a request that is not to be counted. */
  discarded(mark: InFlightMark): void {
    if (mark === this.inFlight.resets) {
      this.inFlightNow.dec();
    }
  }

  ended(request: EndedRequest, mark: InFlightMark): void {
    this.discarded(mark);
    const { route, durationSeconds, customLabels, requestBytes, responseBytes, trace } = request;
    const status = String(request.status);
    const method = this.labelOf(request.method);
    this.requests.child([method, status]).incTraced(request.status >= LEAST_FAILURE ? trace : undefined);
    if (requestBytes !== undefined && responseBytes !== undefined) {
      this.requestSize?.labels(method, route).observeTraced(requestBytes, trace);
      this.responseSize?.labels(method, route).observeTraced(responseBytes, trace);
    }
    if (!request.eventStream) {
      this.duration.observeTraced(durationSeconds, trace);
      this.routeDuration
        ?.child([method, route, status, ...customLabels])
        .observeTraced(durationSeconds, trace);
    }
  }

  /** Returns the value of the label `method`. Exports the method's failures from its first request on. */
  private labelOf(method: string): string {
    // The host may have removed the series.
    if (this.failures.get(method)?.detached === false) {
      return method;
    }
    const label = methodLabel(method);
    this.failures.set(label, this.requests.labels(label, FAILED));
    return label;
  }
}
