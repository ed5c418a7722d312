import {
  DB_ROUTE_ACQUIRE_SECONDS_TOTAL,
  DB_ROUTE_QUERIES_TOTAL,
  DB_ROUTE_QUERY_SECONDS_TOTAL,
} from '../../catalog/performance.catalog.js';
import type { Counter, CounterChild } from '../../core/metric/counter.js';
import { RecentMap } from '../../core/tool/recent-map.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import { BACKGROUND_ROUTE } from '../../request-scope/request-scope.js';

/** Size of each generation of remembered routes: the series budget bounds the series, not the names of units of work. */
const GENERATION_SIZE = 500;

interface Children {
  readonly queries: CounterChild;
  readonly querySeconds: CounterChild;
  /** `undefined` while no pools are observed. */
  readonly acquireSeconds: CounterChild | undefined;
}

/** Counts the queries and acquires of each route. */
export class RouteCounters {
  private children = new RecentMap<string, Children>(GENERATION_SIZE);
  private background: Children;
  private readonly queries: Counter<'route'>;
  private readonly querySeconds: Counter<'route'>;
  private acquireSeconds: Counter<'route'> | undefined;

  constructor(private readonly registry: RegistryLease) {
    this.queries = registry.catalogFamily(DB_ROUTE_QUERIES_TOTAL);
    this.querySeconds = registry.catalogFamily(DB_ROUTE_QUERY_SECONDS_TOTAL);
    this.background = this.childrenOf(BACKGROUND_ROUTE);
  }

  /** Exports acquires from now on: there are pools. */
  withAcquires(): void {
    if (this.acquireSeconds === undefined) {
      this.acquireSeconds = this.registry.catalogFamily(DB_ROUTE_ACQUIRE_SECONDS_TOTAL);
      this.children = new RecentMap(GENERATION_SIZE);
      this.background = this.childrenOf(BACKGROUND_ROUTE);
    }
  }

  countBackgroundQuery(durationMs: number): void {
    this.background.queries.inc();
    this.background.querySeconds.inc(durationMs / 1000);
  }

  countBackgroundAcquire(seconds: number): void {
    this.background.acquireSeconds?.inc(seconds);
  }

  count(route: string, queries: number, durationMs: number, acquireSeconds: number): void {
    const children = this.childrenOf(route);
    children.queries.inc(queries);
    children.querySeconds.inc(durationMs / 1000);
    children.acquireSeconds?.inc(acquireSeconds);
  }

  private childrenOf(route: string): Children {
    return this.children.get(route, this.createChildren);
  }

  private readonly createChildren = (route: string): Children => ({
    queries: this.queries.labels(route),
    querySeconds: this.querySeconds.labels(route),
    acquireSeconds: this.acquireSeconds?.labels(route),
  });
}
