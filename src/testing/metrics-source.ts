import { inspect } from 'node:util';
import { HyperMetricsError } from '../core/errors.js';
import type { Gatherer } from '../core/gatherer.js';
import { isHostRegistry, type HostRegistry } from '../core/host-registry.interface.js';
import { gatherHost } from '../registry/gather.js';
import { MetricsService } from '../service/metrics.service.js';

/**
 * The source of metrics for the helpers: a `MetricsService`; a Nest application, microservice, application context or
 * `TestingModule` that imports `HyperMetricsModule`; or a registry of `prom-client` or `@prometheus-io/client`, with all its
 * metrics.
 */
export type MetricsSource = MetricsService | ProviderContainer | HostRegistry;

/** Returns providers, as all of Nest's application objects do. */
export interface ProviderContainer {
  get(token: typeof MetricsService, options: { readonly strict: boolean }): unknown;
}

/** An opened {@link MetricsSource}. */
export interface ReadableMetrics extends Gatherer {
  readonly host: HostRegistry;
}

/** @throws `HyperMetricsError` if `source` has no metrics. */
export function openSource(source: MetricsSource): ReadableMetrics {
  if (isHostRegistry(source)) {
    // As in a scrape, unreadable metrics are absent.
    return { host: source, gather: () => gatherHost(source, () => {}) };
  }
  const service = metricsServiceOf(
    source,
    'The source of metrics must be a MetricsService, a Nest application or TestingModule, or a registry of prom-client or ' +
      '@prometheus-io/client',
  );
  return { host: service.registry, gather: () => service.gather() };
}

/**
 * Returns the `MetricsService` of an application.
 *
 * @param demand - the beginning of the error's message if `source` has no providers
 * @throws `HyperMetricsError` if `source` has none.
 */
export function metricsServiceOf(source: MetricsService | ProviderContainer, demand: string): MetricsService {
  if (source instanceof MetricsService) {
    return source;
  }
  if (typeof source !== 'object' || source === null || typeof source.get !== 'function') {
    throw new HyperMetricsError(`${demand}, and is ${inspect(source, { depth: 0 })}.`);
  }
  const service = provided(source);
  if (!(service instanceof MetricsService)) {
    throw new HyperMetricsError(
      `The application's MetricsService is overridden by ${inspect(service, { depth: 0 })}. ` +
        'Do not override MetricsService: the helpers need the real one.',
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
