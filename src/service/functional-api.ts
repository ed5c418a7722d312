import type { CatalogFamily } from '../catalog/catalog-family.js';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_REQUEST_DURATION_SECONDS,
} from '../catalog/http.catalog.js';
import { DatabaseMetrics } from '../database/database-metrics.js';
import type { PoolHealthChecker } from '../database/health/pool-health-checker.js';
import type { QueryTimer } from '../database/query/query-timer.js';
import { applicationVersion } from '../process/application-version.js';
import { ProcessCollector } from '../process/process.collector.js';
import type { FamilyOf } from '../registry/registry-lease.js';
import {
  isProcessWideRegistryOpen,
  processWideGatherer,
  processWideRegistry,
} from '../registry/default-registry.js';
import { contractFamily } from './contract-family.js';
import { exposeAsText } from './expose-as-text.js';
import type { Counter, Gauge, Histogram } from './metric-types.js';

/**
 * Everything that a scrape answers, in the text format 0.0.4: the process-wide metrics, for code without Nest's
 * injection. With Nest it is what `MetricsService.collect()` of the first application without a `registry` returns.
 */
export async function collectMetrics(): Promise<string> {
  const registry = processWideRegistry();
  if (isProcessWideRegistryOpen()) {
    return exposeAsText(processWideGatherer());
  }
  const removeCollector = registry.addCollector(new ProcessCollector(applicationVersion()));
  try {
    return await exposeAsText(registry);
  } finally {
    removeCollector();
  }
}

/**
 * Has the queries of a timer's sources, and their pools, in the process-wide metrics; installs it when it is not. They leave
 * again when it is uninstalled. With Nest there is no need for it: the application's data sources are in its metrics.
 *
 * A source is counted once, however many timers have it.
 */
export function registerQueryTimer(timer: QueryTimer): void {
  DatabaseMetrics.of(processWideRegistry()).registerTimer(timer.install());
}

/**
 * Has what a checker finds, and the pools that it checks, in the process-wide metrics; starts it when it is not started.
 * They leave again when it is stopped. With Nest there is no need for it.
 *
 * Of several checkers of one source, the first one's findings count.
 */
export function registerHealthChecker(checker: PoolHealthChecker): void {
  DatabaseMetrics.of(processWideRegistry()).registerChecker(checker.start());
}

/** `http_requests_total` of the process-wide metrics. Labels: method, status. */
export const httpRequestsTotal: Counter<'method' | 'status'> = lazyFamily(HTTP_REQUESTS_TOTAL);

/** `http_request_duration_seconds` of the process-wide metrics: seconds, no labels. */
export const httpRequestDuration: Histogram<never> = lazyFamily(HTTP_REQUEST_DURATION_SECONDS);

/** `http_requests_in_flight` of the process-wide metrics. No labels. */
export const httpRequestsInFlight: Gauge<never> = lazyFamily(HTTP_REQUESTS_IN_FLIGHT);

/**
 * Stands for the family of that definition in whatever registry is the process-wide one at each use, so that
 * importing it decides nothing.
 */
function lazyFamily<D extends CatalogFamily>(definition: D): FamilyOf<D> {
  return new Proxy({} as FamilyOf<D>, {
    get(_, property): unknown {
      const family = contractFamily(processWideRegistry(), definition);
      const member: unknown = Reflect.get(family, property, family);
      return typeof member === 'function' ? member.bind(family) : member;
    },
  });
}
