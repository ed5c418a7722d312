import type { CatalogFamily } from './catalog-family.js';

/** The prefix of the reference document; dashboards written against it work unchanged. */
export const DEFAULT_PREFIX = 'hyperdjango_';

/** The exported name of a family of the catalog: the one rule that registry, documentation and tools share. */
export function metricName(family: CatalogFamily, prefix: string): string {
  return prefix + family.name;
}
