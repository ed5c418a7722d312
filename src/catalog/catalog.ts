import type { CatalogFamily } from './catalog-family.js';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_ROUTE_DURATION_SECONDS,
} from './http.catalog.js';
import { INFO, PROCESS_START_TIME_SECONDS, UPTIME_SECONDS } from './process.catalog.js';
import { METRICS_COLLECTOR_ERRORS_TOTAL } from './scrape.catalog.js';

/** Every family of this library, in the order of the documentation. */
export const CATALOG: readonly CatalogFamily[] = [
  INFO,
  UPTIME_SECONDS,
  PROCESS_START_TIME_SECONDS,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_ROUTE_DURATION_SECONDS,
  METRICS_COLLECTOR_ERRORS_TOTAL,
];
