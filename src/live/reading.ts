import {
  DB_POOL_HEALTH_CHECKS_TOTAL,
  DB_POOL_HEALTH_FAILURES_TOTAL,
  DB_POOL_HEALTHY,
} from '../catalog/health.catalog.js';
import {
  HTTP_REQUEST_DURATION_SECONDS,
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
} from '../catalog/http.catalog.js';
import { DB_QUERIES_PER_REQUEST, DB_QUERIES_TOTAL } from '../catalog/performance.catalog.js';
import { DB_POOL_IDLE, DB_POOL_IN_USE, DB_POOL_TOTAL, DB_POOL_WAITING } from '../catalog/pool.catalog.js';
import { INFO, UPTIME_SECONDS } from '../catalog/process.catalog.js';
import { METRICS_COLLECTOR_ERRORS_TOTAL } from '../catalog/scrape.catalog.js';
import { STMT_CACHE_HITS_TOTAL, STMT_CACHE_MISSES_TOTAL } from '../catalog/statement-cache.catalog.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { GatheredFamilies } from './gathered-families.js';
import type { BucketCounts } from './quantile.js';
import { readRoutes, type RouteReadings } from './route-readings.js';
import { readStatements, type StatementReadings } from './statement-readings.js';

/** Names of prom-client's runtime metrics, which have no prefix. */
const LOOP_LAG_P99 = 'nodejs_eventloop_lag_p99_seconds';
const LOOP_LAG = 'nodejs_eventloop_lag_seconds';
const RESIDENT_MEMORY = 'process_resident_memory_bytes';

/** Statuses from 100 to 599, by their first digit. */
export const STATUS_CLASSES = 5;

/** What the live page shows of one gather: a few hundred numbers, whatever the number of series. */
export interface Reading {
  /** A time on the monotonic clock. */
  readonly atMs: number;
  /** Single numbers; `NaN` where absent. */
  readonly numbers: Readonly<Record<NumberName, number>>;
  /** Requests by the first digit of their status, from 1 on. `undefined` without HTTP metrics. */
  readonly statusClasses: Float64Array | undefined;
  readonly latency: BucketCounts | undefined;
  readonly routes: RouteReadings | undefined;
  readonly statements: StatementReadings | undefined;
  readonly errors: ReadonlyMap<string, number>;
  readonly version: string | null;
  readonly node: string | null;
}

export type NumberName = keyof typeof NUMBERS;

const NUMBERS = {
  requests: (families) => families.sum(HTTP_REQUESTS_TOTAL),
  inFlight: (families) => families.sum(HTTP_REQUESTS_IN_FLIGHT),
  poolInUse: (families) => families.sum(DB_POOL_IN_USE),
  poolIdle: (families) => families.sum(DB_POOL_IDLE),
  poolWaiting: (families) => families.sum(DB_POOL_WAITING),
  poolCapacity: (families) => families.sum(DB_POOL_TOTAL),
  queries: (families) => families.sum(DB_QUERIES_TOTAL),
  requestsWithQueries: (families) => families.sum(DB_QUERIES_PER_REQUEST),
  queriesOfRequests: (families) => families.sumOfSums(DB_QUERIES_PER_REQUEST),
  cacheHits: (families) => families.sum(STMT_CACHE_HITS_TOTAL),
  cacheMisses: (families) => families.sum(STMT_CACHE_MISSES_TOTAL),
  // The slowest process counts where each has a series of its own.
  loopLag: (families) => families.max(LOOP_LAG),
  loopLagP99: (families) => measured(families.max(LOOP_LAG_P99)),
  memory: (families) => families.sum(RESIDENT_MEMORY),
  uptime: (families) => families.max(UPTIME_SECONDS),
  healthy: (families) => families.min(DB_POOL_HEALTHY),
  healthChecks: (families) => families.sum(DB_POOL_HEALTH_CHECKS_TOTAL),
  healthFailures: (families) => families.sum(DB_POOL_HEALTH_FAILURES_TOTAL),
} satisfies Record<string, (families: GatheredFamilies) => number>;

/** Below what Node.js measures: its histogram is empty, because another scrape has just read it. */
const EMPTY_SECONDS = 1e-6;

function measured(seconds: number): number {
  return seconds < EMPTY_SECONDS ? Number.NaN : seconds;
}

/** Reads what the live page shows from the families of one gather. */
export function takeReading(snapshots: readonly FamilySnapshot[], prefix: string, atMs: number): Reading {
  const families = new GatheredFamilies(snapshots, prefix);
  return {
    atMs,
    numbers: Object.fromEntries(
      Object.entries(NUMBERS).map(([name, read]) => [name, read(families)]),
    ) as Record<NumberName, number>,
    statusClasses: readStatusClasses(families),
    latency: families.buckets(HTTP_REQUEST_DURATION_SECONDS),
    routes: readRoutes(families),
    statements: readStatements(families),
    errors: readErrors(families),
    version: families.label(INFO, 'version'),
    node: families.label(INFO, 'node'),
  };
}

function readStatusClasses(families: GatheredFamilies): Float64Array | undefined {
  if (families.find(HTTP_REQUESTS_TOTAL) === undefined) {
    return undefined;
  }
  const classes = new Float64Array(STATUS_CLASSES);
  families.eachSeries(HTTP_REQUESTS_TOTAL, ['status'], ([status = ''], at, { values }) => {
    const index = Number(status[0]) - 1;
    if (index >= 0 && index < STATUS_CLASSES) {
      classes[index] = (classes[index] as number) + (values[at] as number);
    }
  });
  return classes;
}

function readErrors(families: GatheredFamilies): ReadonlyMap<string, number> {
  const errors = new Map<string, number>();
  families.eachSeries(METRICS_COLLECTOR_ERRORS_TOTAL, ['collector'], ([collector = ''], at, { values }) => {
    errors.set(collector, (errors.get(collector) ?? 0) + (values[at] as number));
  });
  return errors;
}
