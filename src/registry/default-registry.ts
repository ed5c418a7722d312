import { register, Registry } from 'prom-client';
import { DEFAULT_PREFIX } from '../catalog/metric-name.js';
import type { Gatherer } from '../core/gatherer.js';
import type { HostRegistry } from '../core/host-registry.interface.js';
import { MetricsRegistry } from './metrics-registry.js';

const registries = new WeakMap<HostRegistry, Map<string, MetricsRegistry>>();
const openProcessWide: { readonly registry: MetricsRegistry; readonly gatherer: Gatherer }[] = [];

/** prom-client's global registry, where our families go unless the `registry` option says otherwise. */
export const globalHostRegistry: HostRegistry = register;

/** The one registry of ours for a host registry and a prefix. */
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

/** A host registry that nothing else uses. */
export function isolatedHostRegistry(): HostRegistry {
  return new Registry();
}

/** A registry whose families record nothing and that gathers nothing: for a switched-off module. */
export function noopRegistry(prefix: string): MetricsRegistry {
  return new MetricsRegistry(isolatedHostRegistry(), prefix, true);
}

/**
 * The process-wide registry, which the functional API works on: that of the first open application that named no
 * registry, else prom-client's global one under the default prefix.
 */
export function processWideRegistry(): MetricsRegistry {
  return openProcessWide[0]?.registry ?? registryOf(globalHostRegistry, DEFAULT_PREFIX);
}

/** Whether an open application provides the process-wide registry. */
export function isProcessWideRegistryOpen(): boolean {
  return openProcessWide.length > 0;
}

/** What the process-wide metrics are gathered from. */
export function processWideGatherer(): Gatherer {
  return openProcessWide[0]?.gatherer ?? processWideRegistry();
}

/**
 * Offers an application's registry as the process-wide one; calling the result takes it back.
 *
 * @param gatherer - what answers for it, when that is more than the registry
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
