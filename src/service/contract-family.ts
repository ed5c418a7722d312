import type { CatalogFamily } from '../catalog/catalog-family.js';
import { metricName } from '../catalog/metric-name.js';
import type { FamilyOf } from '../registry/registry-lease.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';

/** Returns a family of the contract as it is registered, whatever its buckets. Registers it if missing. */
export function contractFamily<D extends CatalogFamily>(
  registry: MetricsRegistry,
  definition: D,
): FamilyOf<D> {
  const name = metricName(definition, registry.prefix);
  return (registry.find(name) ?? registry.family(name, definition)) as FamilyOf<D>;
}
