import { METHODS } from 'node:http';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUEST_SIZE_BYTES,
  HTTP_RESPONSE_SIZE_BYTES,
  HTTP_ROUTE_DURATION_SECONDS,
} from '../catalog/http.catalog.js';
import type { Counter, CounterChild } from '../core/metric/counter.js';
import type { Gauge, GaugeChild } from '../core/metric/gauge.js';
import type { Histogram, HistogramChild } from '../core/metric/histogram.js';
import type { ResolvedHttpOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/** What is known of a request when its response has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
  /** Values of the labels of `http.labels`, in their order. */
  readonly customLabels: readonly string[];
  /** Bytes of the bodies, when they are counted. */
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
  /** An event stream: how long a client listens is not a latency. */
  readonly eventStream: boolean;
}

/** When a request came in flight, counted in resets of the gauge. */
export type InFlightMark = number;

/** Nest's statuses of success by method, of the methods that applications usually have. */
const USUAL_STATUSES = { GET: '200', POST: '201', PUT: '200', PATCH: '200', DELETE: '200' } as const;

/** The status of a failure that nobody foresaw. */
const FAILED = '500';

/** HTTP/1 parsers know these only; HTTP/2 lets a client send any word, which must not become a label. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

export function methodLabel(method: string): string {
  return KNOWN_METHODS.has(method) ? method : 'UNKNOWN';
}

/** Turns requests into samples. Knows nothing of servers and frameworks. */
export class RequestRecorder {
  private readonly requests: Counter<'method' | 'status'>;
  private readonly duration: HistogramChild;
  private readonly inFlight: Gauge<never>;
  private readonly inFlightNow: GaugeChild;
  private readonly routeDuration: Histogram | undefined;
  private readonly requestSize: Histogram<'method' | 'route'> | undefined;
  private readonly responseSize: Histogram<'method' | 'route'> | undefined;
  /** The failures of each method that was seen, exported from 0 on. */
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
   * Exports the usual methods at 0, successes and failures: `rate()` sees no rise in the first sample of a series, and what a new
   * process answers first would be in no rate and no share of errors.
   */
  expectRequests(): void {
    for (const [method, status] of Object.entries(USUAL_STATUSES)) {
      this.requests.labels(method, status);
      this.labelOf(method);
    }
  }

  /** Returns what the end of this request needs: the host may reset the gauge in between. */
  started(): InFlightMark {
    this.inFlightNow.inc();
    return this.inFlight.resets;
  }

  /** The request leaves no trace after all. */
  discarded(mark: InFlightMark): void {
    if (mark === this.inFlight.resets) {
      this.inFlightNow.dec();
    }
  }

  ended(request: EndedRequest, mark: InFlightMark): void {
    this.discarded(mark);
    const { route, durationSeconds, customLabels, requestBytes, responseBytes } = request;
    const status = String(request.status);
    const method = this.labelOf(request.method);
    this.requests.child([method, status]).inc();
    if (requestBytes !== undefined && responseBytes !== undefined) {
      this.requestSize?.labels(method, route).observe(requestBytes);
      this.responseSize?.labels(method, route).observe(responseBytes);
    }
    if (!request.eventStream) {
      this.duration.observe(durationSeconds);
      this.routeDuration?.child([method, route, status, ...customLabels]).observe(durationSeconds);
    }
  }

  /** The value of the label `method`, whose failures are exported from its first request on. */
  private labelOf(method: string): string {
    // The host may have removed the series since.
    if (this.failures.get(method)?.detached === false) {
      return method;
    }
    const label = methodLabel(method);
    this.failures.set(label, this.requests.labels(label, FAILED));
    return label;
  }
}
