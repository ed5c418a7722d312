import { METHODS } from 'node:http';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_ROUTE_DURATION_SECONDS,
} from '../catalog/http.catalog.js';
import type { Counter } from '../core/counter.js';
import type { GaugeChild } from '../core/gauge.js';
import type { Histogram, HistogramChild } from '../core/histogram.js';
import type { ResolvedHttpOptions } from '../options/resolved-options.js';
import type { ApplicationRegistry } from '../registry/application-registry.js';

/** What is known of a request when its response has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
  /** An event stream: how long a client listens is not a latency. */
  readonly eventStream: boolean;
}

/** HTTP/1 parsers know these only; HTTP/2 lets a client send any word, which must not become a label. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** Turns requests into samples. Knows nothing of servers and frameworks. */
export class RequestRecorder {
  private readonly requests: Counter<'method' | 'status'>;
  private readonly duration: HistogramChild;
  private readonly inFlight: GaugeChild;
  private readonly routeDuration: Histogram<'method' | 'route' | 'status'> | undefined;

  constructor(registry: ApplicationRegistry, { buckets, routes }: ResolvedHttpOptions) {
    this.requests = registry.catalogFamily(HTTP_REQUESTS_TOTAL);
    this.duration = registry.catalogFamily({ ...HTTP_REQUEST_DURATION_SECONDS, buckets }).labels();
    this.inFlight = registry.catalogFamily(HTTP_REQUESTS_IN_FLIGHT).labels();
    this.routeDuration = routes
      ? registry.catalogFamily({ ...HTTP_ROUTE_DURATION_SECONDS, buckets })
      : undefined;
  }

  started(): void {
    this.inFlight.inc();
  }

  ended({ method, route, status, durationSeconds, eventStream }: EndedRequest): void {
    this.inFlight.dec();
    const methodLabel = KNOWN_METHODS.has(method) ? method : 'UNKNOWN';
    this.requests.labels(methodLabel, status).inc();
    if (eventStream) {
      return;
    }
    this.duration.observe(durationSeconds);
    this.routeDuration?.labels(methodLabel, route, status).observe(durationSeconds);
  }
}
