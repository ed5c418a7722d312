import { register, Registry } from 'prom-client';
import { DEFAULT_PREFIX } from '../catalog/metric-name.js';
import type { Gatherer } from '../core/gatherer.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import { MetricsRegistry } from './metrics-registry.js';

const registries = new WeakMap<HostRegistry, Map<string, MetricsRegistry>>();
const openProcessWide: { readonly registry: MetricsRegistry; readonly gatherer: Gatherer }[] = [];

/** prom-client's global registry: the default of the option `registry`. */
export const globalHostRegistry: HostRegistry = register;

/** Returns our only registry for a host registry and a prefix. */
export function registryOf(host: HostRegistry, prefix: string): MetricsRegistry {
  let byPrefix = registries.get(host);
  if (byPrefix === undefined) {
    byPrefix = new Map();
    registries.set(host, byPrefix);
  }
  let registry = byPrefix.get(prefix);
  if (registry === undefined) {
    registry = new MetricsRegistry(host, prefix);
    byPrefix.set(prefix, registry);
  }
  return registry;
}

/** Returns a new host registry. */
export function isolatedHostRegistry(): HostRegistry {
  return new Registry();
}

/** Returns a registry that records and gathers nothing, for a module with `enabled: false`. */
export function noopRegistry(prefix: string): MetricsRegistry {
  return new MetricsRegistry(isolatedHostRegistry(), prefix, true);
}

/**
 * Returns the process-wide registry, which the functional API uses: that of the first open application without the option
 * `registry`, else prom-client's global one under the default prefix.
 */
export function processWideRegistry(): MetricsRegistry {
  return openProcessWide[0]?.registry ?? registryOf(globalHostRegistry, DEFAULT_PREFIX);
}

/** Whether an open application provides the process-wide registry. */
export function isProcessWideRegistryOpen(): boolean {
  return openProcessWide.length > 0;
}

/** Returns the gatherer of the process-wide metrics. */
export function processWideGatherer(): Gatherer {
  return openProcessWide[0]?.gatherer ?? processWideRegistry();
}

/**
 * Registers an application's registry as a candidate for the process-wide one. Returns a function that removes it.
 *
 * @param gatherer - gathers its metrics, when that is more than the registry
 */
export function openProcessWideRegistry(
  registry: MetricsRegistry,
  gatherer: Gatherer = registry,
): () => void {
  let open = true;
  const offered = { registry, gatherer };
  openProcessWide.push(offered);
  return () => {
    if (open) {
      open = false;
      openProcessWide.splice(openProcessWide.indexOf(offered), 1);
    }
  };
}
