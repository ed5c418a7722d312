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
 * Returns the process-wide metrics in the text format 0.0.4, for code without Nest's injection. In a Nest process it equals
 * `MetricsService.collect()` of the first open application without a `registry`.
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
 * Exports the queries and pools of a timer's sources in the process-wide metrics until the timer is uninstalled; installs it if
 * needed. Not needed with Nest, where the application's data sources are in its metrics.
 *
 * A source that several timers have is counted once.
 */
export function registerQueryTimer(timer: QueryTimer): void {
  DatabaseMetrics.of(processWideRegistry()).registerTimer(timer.install());
}

/**
 * Exports the results and pools of a checker in the process-wide metrics until the checker is stopped; starts it if needed. Not
 * needed with Nest.
 *
 * If several checkers have the same source, the results of the first one are exported.
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
 * Returns a proxy of a family in the process-wide registry, which is looked up at each use: importing the proxy creates
 * nothing.
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
