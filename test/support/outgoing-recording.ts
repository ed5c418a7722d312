import { Registry } from 'prom-client';
import { samplesOf } from '../../src/core/samples.js';
import { HttpClientMetrics } from '../../src/http-client/http-client-metrics.js';
import { DEFAULT_HTTP_CLIENT_OPTIONS } from '../../src/options/default-options.js';
import type { ResolvedHttpClientOptions } from '../../src/options/resolved-options.js';
import { registryOf } from '../../src/registry/default-registry.js';
import { RegistryLease } from '../../src/registry/registry-lease.js';
import { ScopeOpener } from '../../src/request-scope/scope-opener.js';

/** The outgoing requests of one application without Nest. */
export class OutgoingRecording {
  readonly lease = new RegistryLease(registryOf(new Registry(), ''));
  readonly scopes = new ScopeOpener(this.lease, () => false);
  readonly warnings: string[] = [];
  readonly metrics: HttpClientMetrics;
  readonly stop: () => void;

  constructor(options: Partial<ResolvedHttpClientOptions> = {}) {
    this.metrics = new HttpClientMetrics(
      this.lease,
      { ...DEFAULT_HTTP_CLIENT_OPTIONS, ...options },
      this.scopes,
      { log: () => {}, warn: (text: string) => this.warnings.push(text) },
    );
    this.stop = this.metrics.start();
  }

  /** Numbers of requests above 0, as `GET 127.0.0.1:80 200`. */
  requests(): Promise<Record<string, number>> {
    return this.read('http_client_request_duration_seconds_count', ['method', 'host', 'status']);
  }

  /** Numbers of errors above 0, as `127.0.0.1:80 ECONNREFUSED`. */
  errors(): Promise<Record<string, number>> {
    return this.read('http_client_errors_total', ['host', 'code']);
  }

  /** Seconds above 0 by route. */
  routes(): Promise<Record<string, number>> {
    return this.read('http_route_outgoing_seconds_total', ['route']);
  }

  /** Seconds as in {@link requests}. */
  seconds(): Promise<Record<string, number>> {
    return this.read('http_client_request_duration_seconds_sum', ['method', 'host', 'status']);
  }

  /** All series, those at 0 included. */
  async series(): Promise<string[]> {
    return Object.keys(
      await this.read('http_client_request_duration_seconds_count', ['method', 'host', 'status'], -1),
    );
  }

  private async read(name: string, labels: readonly string[], above = 0): Promise<Record<string, number>> {
    const samples = (await this.lease.gather()).flatMap((snapshot) => samplesOf(snapshot));
    return Object.fromEntries(
      samples
        .filter((sample) => sample.name === name && sample.value > above)
        .map((sample) => [labels.map((label) => sample.labels[label]).join(' '), sample.value]),
    );
  }
}
