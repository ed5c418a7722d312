import type { CatalogFamily } from './catalog-family.js';
import { HEALTH_FAMILIES } from './health.catalog.js';
import { HTTP_CLIENT_FAMILIES } from './http-client.catalog.js';
import { HTTP_FAMILIES } from './http.catalog.js';
import { METHODS_FAMILIES } from './methods.catalog.js';
import { PERFORMANCE_FAMILIES } from './performance.catalog.js';
import { POOL_FAMILIES } from './pool.catalog.js';
import { PROCESS_FAMILIES } from './process.catalog.js';
import { QUERY_FAMILIES } from './query.catalog.js';
import { SCHEDULE_FAMILIES } from './schedule.catalog.js';
import { SCRAPE_FAMILIES } from './scrape.catalog.js';
import { SLO_FAMILIES } from './slo.catalog.js';
import { STATEMENT_CACHE_FAMILIES } from './statement-cache.catalog.js';

/** Every family of this library, in the order of the documentation. */
export const CATALOG: readonly CatalogFamily[] = [
  ...PROCESS_FAMILIES,
  ...HTTP_FAMILIES,
  ...SLO_FAMILIES,
  ...HTTP_CLIENT_FAMILIES,
  ...METHODS_FAMILIES,
  ...SCHEDULE_FAMILIES,
  ...POOL_FAMILIES,
  ...PERFORMANCE_FAMILIES,
  ...QUERY_FAMILIES,
  ...STATEMENT_CACHE_FAMILIES,
  ...HEALTH_FAMILIES,
  ...SCRAPE_FAMILIES,
];
