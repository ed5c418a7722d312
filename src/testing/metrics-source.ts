import { inspect } from 'node:util';
import { HyperMetricsError } from '../core/errors.js';
import type { Gatherer } from '../core/gatherer.js';
import { isHostRegistry, type HostRegistry } from '../core/host-registry.interface.js';
import { gatherHost } from '../registry/gather.js';
import { MetricsService } from '../service/metrics.service.js';

/**
 * Where the helpers read metrics: a `MetricsService`; a Nest application, microservice, application context or
 * `TestingModule` that imports `HyperMetricsModule`; or a registry of `prom-client` or `@prometheus-io/client`. Metrics
 * that were made with such a client are read like ours.
 */
export type MetricsSource = MetricsService | ProviderContainer | HostRegistry;

/** What can be asked for a provider, as all of Nest's containers can. */
export interface ProviderContainer {
  get(token: typeof MetricsService, options: { readonly strict: boolean }): unknown;
}

/** An opened {@link MetricsSource}. */
export interface ReadableMetrics extends Gatherer {
  readonly host: HostRegistry;
}

/** @throws `HyperMetricsError` when there are no metrics in `source`. */
export function openSource(source: MetricsSource): ReadableMetrics {
  if (isHostRegistry(source)) {
    // As in a scrape, what cannot be read is absent.
    return { host: source, gather: () => gatherHost(source, () => {}) };
  }
  const service = source instanceof MetricsService ? source : serviceOf(source);
  return { host: service.registry, gather: () => service.gather() };
}

function serviceOf(container: ProviderContainer): MetricsService {
  if (typeof container !== 'object' || container === null || typeof container.get !== 'function') {
    throw new HyperMetricsError(
      'Metrics are read from a MetricsService, a Nest application or TestingModule, or a registry of prom-client or ' +
        `@prometheus-io/client, and not from ${inspect(container, { depth: 0 })}.`,
    );
  }
  const service = provided(container);
  if (!(service instanceof MetricsService)) {
    throw new HyperMetricsError(
      `Asked for MetricsService, the application gave ${inspect(service, { depth: 0 })}. ` +
        'Do not override MetricsService: the helpers read the real one.',
    );
  }
  return service;
}

function provided(container: ProviderContainer): unknown {
  try {
    return container.get(MetricsService, { strict: false });
  } catch (cause) {
    throw new HyperMetricsError(
      'The application has no MetricsService. Import HyperMetricsTestingModule.forRoot(), or HyperMetricsModule.forRoot().',
      { cause },
    );
  }
}
