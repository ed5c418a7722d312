import { HTTP_ROUTE_DURATION_SECONDS } from '../catalog/http.catalog.js';
import { DB_ROUTE_QUERY_SECONDS_TOTAL } from '../catalog/performance.catalog.js';
import type { GatheredFamilies } from './gathered-families.js';
import { countOf } from './quantile.js';

/** Maximum number of routes that are remembered: those with the most requests. */
export const MAX_ROUTES = 200;

const FIRST_ERROR_STATUS = '5';

/** The requests of one method and route since the start. */
export interface RouteReading {
  readonly method: string;
  readonly route: string;
  readonly counts: Float64Array;
  errors: number;
}

/** The routes of one gather. */
export interface RouteReadings {
  readonly bounds: readonly number[];
  /** By {@link routeKey}. */
  readonly rows: ReadonlyMap<string, RouteReading>;
  /** The number of routes beyond {@link MAX_ROUTES}. */
  readonly omitted: number;
  /** Seconds of queries by route; empty without a database. */
  readonly querySeconds: ReadonlyMap<string, number>;
}

/** Returns `undefined` without metrics of routes. */
export function readRoutes(families: GatheredFamilies): RouteReadings | undefined {
  const bounds = families.find(HTTP_ROUTE_DURATION_SECONDS)?.descriptor.buckets;
  if (bounds === undefined) {
    return undefined;
  }
  const all = new Map<string, RouteReading>();
  families.eachSeries(
    HTTP_ROUTE_DURATION_SECONDS,
    ['method', 'route', 'status'],
    ([method = '', route = '', status = ''], at, { values }) => {
      const key = routeKey(method, route);
      let row = all.get(key);
      if (row === undefined) {
        row = { method, route, counts: new Float64Array(bounds.length + 1), errors: 0 };
        all.set(key, row);
      }
      for (let bucket = 0; bucket <= bounds.length; bucket += 1) {
        const count = values[at + bucket] as number;
        row.counts[bucket] = (row.counts[bucket] as number) + count;
        row.errors += status.startsWith(FIRST_ERROR_STATUS) ? count : 0;
      }
    },
  );
  const rows = all.size <= MAX_ROUTES ? all : mostRequested(all, bounds);
  const kept = new Set([...rows.values()].map(({ route }) => route));
  return { bounds, rows, omitted: all.size - rows.size, querySeconds: readQuerySeconds(families, kept) };
}

export function routeKey(method: string, route: string): string {
  return `${method} ${route}`;
}

function mostRequested(
  all: ReadonlyMap<string, RouteReading>,
  bounds: readonly number[],
): ReadonlyMap<string, RouteReading> {
  const counted = [...all].map(([key, row]) => ({
    key,
    row,
    count: countOf({ bounds, counts: row.counts }),
  }));
  const most = counted.toSorted((one, other) => other.count - one.count).slice(0, MAX_ROUTES);
  return new Map(most.map(({ key, row }) => [key, row]));
}

/** The key of the time of all queries. No route is called so: templates are not empty. */
export const ALL_QUERIES = '';

function readQuerySeconds(
  families: GatheredFamilies,
  kept: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  families.eachSeries(DB_ROUTE_QUERY_SECONDS_TOTAL, ['route'], ([route = ''], at, { values }) => {
    const value = values[at] as number;
    seconds.set(ALL_QUERIES, (seconds.get(ALL_QUERIES) ?? 0) + value);
    if (kept.has(route)) {
      seconds.set(route, (seconds.get(route) ?? 0) + value);
    }
  });
  return seconds;
}
