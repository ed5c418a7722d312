import type { CatalogFamily } from '../catalog/catalog-family.js';
import { metricName } from '../catalog/metric-name.js';
import type { FamilyOf } from '../registry/registry-lease.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';

/** A family of the contract as it is registered, with whatever buckets an application chose; made when missing. */
export function contractFamily<D extends CatalogFamily>(
  registry: MetricsRegistry,
  definition: D,
): FamilyOf<D> {
  const name = metricName(definition, registry.prefix);
  return (registry.find(name) ?? registry.family(name, definition)) as FamilyOf<D>;
}
