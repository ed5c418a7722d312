import type { Undo } from '../../core/tool/subscriptions.js';
import type { ResolvedPerformanceOptions } from '../../options/resolved-options.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import {
  BACKGROUND_ROUTE,
  type RequestScope,
  type ScopeParticipant,
} from '../../request-scope/request-scope.js';
import type {
  AcquireResult,
  ObservedAcquire,
  ObservedQuery,
  PoolObserver,
  QuerySource,
} from '../source/query-source.interface.js';
import { RouteCounters } from './route-counters.js';
import { type KnownStatement, type StatementStats, StatementTable } from './statement-table.js';

/** Maximum number of statements in one scope: a job may run for hours. */
const MAX_STATEMENTS = 1000;

/** What one unit of work has spent and is not counted yet. */
class ScopeSpending {
  queries = 0;
  durationMs = 0;
  acquireSeconds = 0;
  /** The calls of each statement; `undefined` before the first one, and without `performance.statements`. */
  statements: Map<KnownStatement, number> | undefined;

  constructor(readonly scope: RequestScope) {}

  called(statement: KnownStatement): void {
    const statements = (this.statements ??= new Map());
    const calls = statements.get(statement);
    if (calls !== undefined || statements.size < MAX_STATEMENTS) {
      statements.set(statement, (calls ?? 0) + 1);
    }
  }
}

/**
 * Counts what the applications with one registry spend on their databases, by route and by statement. A query belongs to the
 * innermost unit of work that it was sent in, so that the sums over routes are the totals. A unit of work is counted at its end,
 * when its route is known.
 */
export class SpendingMetrics implements ScopeParticipant<ScopeSpending>, PoolObserver {
  private routes: RouteCounters | undefined;
  private statements: StatementTable | undefined;

  constructor(
    private readonly registry: RegistryLease,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Exports the families of an application's options. The first limit of statements applies. */
  enable({ routes, statements }: ResolvedPerformanceOptions): void {
    if (routes) {
      this.routes ??= new RouteCounters(this.registry);
    }
    if (statements !== false) {
      this.statements ??= new StatementTable(this.registry, statements.limit);
    }
  }

  /** Counts the acquires of a source by route, if it has pools, until the returned function is called. */
  watchPools(source: QuerySource): Undo {
    if (this.routes === undefined || !source.hasPools) {
      return () => {};
    }
    this.routes.withAcquires();
    return source.observePools(this);
  }

  /** Those with the longest total duration, the longest first. */
  get topStatements(): readonly StatementStats[] {
    return this.statements?.top ?? [];
  }

  queryEnded(query: ObservedQuery, durationMs: number): void {
    const statement = this.statements?.ended(query, durationMs);
    const spending = this.spendingOf(query);
    if (spending === undefined) {
      this.routes?.countBackgroundQuery(durationMs);
      statement?.cameFrom(BACKGROUND_ROUTE, 1);
      return;
    }
    spending.queries += 1;
    spending.durationMs += durationMs;
    if (statement !== undefined) {
      spending.called(statement);
    }
    this.countIfEnded(spending);
  }

  acquired(_result: AcquireResult, durationSeconds: number, acquire: ObservedAcquire): void {
    const spending = this.spendingOf(acquire);
    if (spending === undefined) {
      this.routes?.countBackgroundAcquire(durationSeconds);
      return;
    }
    spending.acquireSeconds += durationSeconds;
    this.countIfEnded(spending);
  }

  failed(error: unknown): void {
    this.onFault(error);
  }

  createState(scope: RequestScope): ScopeSpending {
    return new ScopeSpending(scope);
  }

  scopeDiscarded(spending: ScopeSpending | undefined): void {
    this.scopeEnded(spending);
  }

  scopeEnded(spending: ScopeSpending | undefined): void {
    try {
      if (spending !== undefined) {
        this.count(spending);
      }
    } catch (error) {
      this.onFault(error);
    }
  }

  /** Returns `undefined` outside of units of work, and after the end of one. */
  private spendingOf({ scope, startedAtMs }: ObservedQuery | ObservedAcquire): ScopeSpending | undefined {
    const spending = scope?.stateOf(this);
    return spending === undefined || startedAtMs > spending.scope.endedAtMs ? undefined : spending;
  }

  /** Counts what was sent before the end of its unit of work and has ended after it. */
  private countIfEnded(spending: ScopeSpending): void {
    if (spending.scope.endedAtMs < Infinity) {
      this.count(spending);
    }
  }

  private count(spending: ScopeSpending): void {
    const { queries, durationMs, acquireSeconds, statements } = spending;
    const name: unknown = spending.scope.name;
    // A discarded request has no route. Untyped code may name a unit of work with any value.
    const route = typeof name === 'string' ? name : BACKGROUND_ROUTE;
    this.routes?.count(route, queries, durationMs, acquireSeconds);
    statements?.forEach((calls, statement) => statement.cameFrom(route, calls));
    spending.queries = 0;
    spending.durationMs = 0;
    spending.acquireSeconds = 0;
    spending.statements = undefined;
  }
}
