import type { CatalogFamily } from './catalog-family.js';

/** The prefix of the reference document, so that dashboards made for it work unchanged. */
export const DEFAULT_PREFIX = 'hyperdjango_';

/** Returns the exported name of a family. Registry, documentation and tools share this rule. */
export function metricName(family: CatalogFamily, prefix: string): string {
  return prefix + family.name;
}
