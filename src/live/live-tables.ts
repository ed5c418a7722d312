import { printable } from '../database/sql/shown-statement.js';
import { bucketGrowth, growth } from './live-change.js';
import { jsonValue } from './live-history.js';
import type {
  LimitedList,
  LiveCollectorErrors,
  LiveHealth,
  LiveRoute,
  LiveStatement,
  LiveTables,
} from './live-messages.js';
import { countOf, quantileOf } from './quantile.js';
import type { Reading } from './reading.js';
import { ALL_QUERIES, routeKey, type RouteReading, type RouteReadings } from './route-readings.js';

/** Maximum number of rows of a table: those with the most requests or time. */
const MAX_ROWS = 100;
/** Maximum number of collectors with errors. */
const MAX_COLLECTORS = 50;

/** Returns the tables that come from metrics. Rates and shares are about the time between the readings. */
export function tablesOf(now: Reading, base: Reading | undefined): LiveTables {
  const seconds = base === undefined ? 0 : (now.atMs - base.atMs) / 1000;
  const routes = routesOf(now, base, seconds);
  const statements = statementsOf(now, base, seconds);
  const health = healthOf(now);
  return {
    windowSeconds: Math.round(seconds),
    ...(routes && { routes }),
    ...(statements && { statements }),
    ...(health && { health }),
    ...(now.errors.size > 0 && { collectorErrors: collectorErrorsOf(now) }),
  };
}

/** Returns the first rows of a list. */
export function limited<Row>(rows: readonly Row[], limit: number, omitted = 0): LimitedList<Row> {
  return { rows: rows.slice(0, limit), omitted: omitted + Math.max(0, rows.length - limit) };
}

function routesOf(
  { routes: now }: Reading,
  base: Reading | undefined,
  seconds: number,
): LimitedList<LiveRoute> | undefined {
  if (now === undefined) {
    return undefined;
  }
  // A family without series, because nothing had happened, is absent.
  const nothing = { ...now, rows: new Map(), omitted: 0, querySeconds: new Map() };
  const before = base && (base.routes ?? nothing);
  const rows = [...now.rows.values()].map((row) => routeOf(row, now, before, seconds));
  return limited(
    rows.toSorted((one, other) => (other.perSecond ?? 0) - (one.perSecond ?? 0) || other.total - one.total),
    MAX_ROWS,
    now.omitted,
  );
}

function routeOf(
  row: RouteReading,
  { bounds, querySeconds }: RouteReadings,
  base: RouteReadings | undefined,
  seconds: number,
): LiveRoute {
  const { method, route, counts } = row;
  const earlier = base?.rows.get(routeKey(method, route)) ?? newborn(row, base);
  const recent = bucketGrowth({ bounds, counts }, earlier && { bounds, counts: earlier.counts });
  const requests = recent === undefined ? Number.NaN : countOf(recent);
  const quantile = (share: number): number => (recent === undefined ? Number.NaN : quantileOf(share, recent));
  return {
    method: printable(method),
    route: printable(route),
    total: countOf({ bounds, counts }),
    perSecond: jsonValue(requests / seconds),
    errorShare: jsonValue(growth(row.errors, earlier?.errors) / requests),
    p50: jsonValue(quantile(0.5)),
    p95: jsonValue(quantile(0.95)),
    p99: jsonValue(quantile(0.99)),
    databaseShare: jsonValue(shareOf(route, querySeconds, base)),
  };
}

/** The earlier reading of a route that was not there: nothing, unless the reading leaves routes out. */
function newborn(
  { method, route, counts }: RouteReading,
  base: RouteReadings | undefined,
): RouteReading | undefined {
  return base === undefined || base.omitted > 0
    ? undefined
    : { method, route, counts: new Float64Array(counts.length), errors: 0 };
}

function shareOf(route: string, now: ReadonlyMap<string, number>, base: RouteReadings | undefined): number {
  const all = now.get(ALL_QUERIES);
  if (all === undefined || base === undefined) {
    return Number.NaN;
  }
  const grown = (key: string): number => growth(now.get(key) ?? 0, base.querySeconds.get(key) ?? 0);
  return grown(route) / grown(ALL_QUERIES);
}

function statementsOf(
  { statements: now }: Reading,
  base: Reading | undefined,
  seconds: number,
): LimitedList<LiveStatement> | undefined {
  if (now === undefined) {
    return undefined;
  }
  const before = base && (base.statements ?? { rows: new Map(), omitted: 0, seconds: 0 });
  const all = growth(now.seconds, before?.seconds);
  const rows = [...now.rows].map(([summary, row]): LiveStatement => {
    const isNew = before !== undefined && before.omitted === 0;
    const earlier = before?.rows.get(summary) ?? (isNew ? { calls: 0, seconds: 0 } : undefined);
    const calls = growth(row.calls, earlier?.calls);
    const spent = growth(row.seconds, earlier?.seconds);
    return {
      summary: printable(summary),
      total: row.calls,
      perSecond: jsonValue(calls / seconds),
      meanSeconds: jsonValue(spent / calls),
      share: jsonValue(spent / all),
    };
  });
  const used = rows.filter(({ total }) => total > 0);
  return limited(
    used.toSorted((one, other) => (other.share ?? 0) - (one.share ?? 0)),
    MAX_ROWS,
    now.omitted,
  );
}

function healthOf({ numbers }: Reading): LiveHealth | undefined {
  const { healthy, healthChecks, healthFailures } = numbers;
  return Number.isNaN(healthChecks)
    ? undefined
    : {
        healthy: Number.isNaN(healthy) ? null : healthy > 0,
        checks: healthChecks,
        failures: Number.isNaN(healthFailures) ? 0 : healthFailures,
      };
}

function collectorErrorsOf({ errors }: Reading): readonly LiveCollectorErrors[] {
  return [...errors]
    .map(([collector, total]) => ({ collector: printable(collector), total }))
    .filter(({ total }) => total > 0)
    .toSorted((one, other) => other.total - one.total)
    .slice(0, MAX_COLLECTORS);
}
