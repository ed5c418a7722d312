import { Gauge, Registry } from 'prom-client';
import {
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUESTS_TOTAL,
  HTTP_ROUTE_DURATION_SECONDS,
} from '../../../src/catalog/http.catalog.js';
import { type Reading, takeReading } from '../../../src/live/reading.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';

export const PREFIX = 'app_';

/** The metrics of an application without an application. */
export class LiveMetrics {
  readonly host = new Registry();
  readonly lease = new RegistryLease(new MetricsRegistry(this.host, PREFIX));

  /** Records ended requests. */
  request(route: string, { status = 200, seconds = 0.003, method = 'GET', times = 1 } = {}): this {
    for (let time = 0; time < times; time += 1) {
      this.lease.catalogFamily(HTTP_REQUESTS_TOTAL).inc([method, String(status)]);
      this.lease.catalogFamily(HTTP_REQUEST_DURATION_SECONDS).observe(seconds);
      this.lease
        .catalogFamily(HTTP_ROUTE_DURATION_SECONDS)
        .labels(method, route, String(status))
        .observe(seconds);
    }
    return this;
  }

  /** Sets a gauge of prom-client. */
  gauge(name: string, value: number): this {
    const known = this.host.getSingleMetric(name) as Gauge | undefined;
    (known ?? new Gauge({ name, help: name, registers: [this.host] })).set(value);
    return this;
  }

  async read(atMs: number): Promise<Reading> {
    return takeReading(await this.lease.gather(), PREFIX, atMs);
  }
}
