import { HyperMetricsError } from '../../core/errors.js';
import type { LegalExemplarLabels } from '../../core/exemplar.js';
import type { Logger } from '../../core/tool/logger.js';
import { shared, type Undo } from '../../core/tool/subscriptions.js';
import { DEFAULT_PERFORMANCE_OPTIONS } from '../../options/default-options.js';
import type { ResolvedPerformanceOptions } from '../../options/resolved-options.js';
import type { RequestScope, ScopeKind, ScopeParticipant } from '../../request-scope/request-scope.js';
import type { ScopeOpener } from '../../request-scope/scope-opener.js';
import type { ObservedQuery, QueryObserver, QuerySource } from '../source/query-source.interface.js';
import { takeLocation } from '../source/call-site.js';
import { workName } from '../source/work-name.js';
import { ERROR_LENGTH, NPlusOneExemptions } from './n-plus-one-exemptions.js';
import { type NPlusOnePattern, NPlusOneReport } from './n-plus-one-report.js';
import type { PerformanceMetrics } from './performance-metrics.js';
import { RecentSlowQueries, type SlowQuery } from './recent-slow-queries.js';
import { shownParameters } from './shown-parameters.js';
import { type RepeatedRead, ScopeQueries } from './scope-queries.js';
import type { SpendingMetrics } from './spending-metrics.js';
import type { StatementStats } from './statement-table.js';
import { printable, shownStatement } from '../sql/shown-statement.js';

/** A unit of work repeated a read. Thrown with `performance: { failOnNPlusOne: true }` only. */
export class NPlusOneError extends HyperMetricsError {}

/** The statistics of a {@link PerformanceTracker}. All lists are bounded. Parameters are in them with `slowQueryParameters` only. */
export interface PerformanceStats {
  /** Queries that have ended, within requests and outside. */
  readonly queries: number;
  readonly slowQueries: number;
  /** HTTP requests that have ended. */
  readonly requests: number;
  /** Queries of these requests. */
  readonly queriesInRequests: number;
  /** N+1 findings: one for each fingerprint and unit of work. */
  readonly nPlusOne: number;
  /**
   * Findings that were not reported, and are in no metric: those that `performance.nPlusOneIgnore` names, and repeated reads within
   * `MetricsService.allowRepeatedReads()`.
   */
  readonly nPlusOneExempt: number;
  /** The latest first. */
  readonly recentSlowQueries: readonly SlowQuery[];
  /** The first found first. */
  readonly nPlusOnePatterns: readonly NPlusOnePattern[];
  /**
   * With `performance.statements`: those with the longest total duration, the longest first; else empty. Applications that share a
   * registry share them.
   */
  readonly statements: readonly StatementStats[];
}

/**
 * Counts the queries of each HTTP request and unit of work, and detects reads that one of them repeats (N+1 queries). Created by
 * Nest only: inject it for {@link getStats}.
 */
export class PerformanceTracker {
  private readonly patterns: NPlusOneReport;
  private readonly slowQueries = new RecentSlowQueries();
  private readonly exemptions: NPlusOneExemptions;
  private readonly totals = {
    queries: 0,
    slowQueries: 0,
    requests: 0,
    queriesInRequests: 0,
    nPlusOne: 0,
    nPlusOneExempt: 0,
  };
  private metrics: PerformanceMetrics | undefined;
  private spending: SpendingMetrics | undefined;
  private readonly joinScopes = shared(() => this.join());
  /** @internal */
  readonly options: ResolvedPerformanceOptions;

  /** @internal */
  constructor(
    options: false | ResolvedPerformanceOptions,
    logger: Logger,
    private readonly scopes: ScopeOpener,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.options = options === false ? DEFAULT_PERFORMANCE_OPTIONS : options;
    this.patterns = new NPlusOneReport(logger);
    this.exemptions = new NPlusOneExemptions(this.options.nPlusOneIgnore);
  }

  /** Returns the statistics so far. */
  getStats(): PerformanceStats {
    return {
      ...this.totals,
      recentSlowQueries: this.slowQueries.all,
      nPlusOnePatterns: this.patterns.all,
      statements: this.options.statements === false ? [] : (this.spending?.topStatements ?? []),
    };
  }

  /**
   * @internal Observes a source until the returned function is called. Takes part in the scopes while it observes any.
   *
   * @param spending - takes part in the same scopes
   */
  watch(source: QuerySource, metrics: PerformanceMetrics, spending?: SpendingMetrics): Undo {
    this.metrics = metrics;
    this.spending = spending;
    const ends = [source.observeQueries(this.observer), this.joinScopes()];
    return () => ends.forEach((end) => end());
  }

  private join(): Undo {
    // The spending first: with `failOnNPlusOne`, the tracker throws at the end of a unit of work.
    const participants = [...(this.spending === undefined ? [] : [this.spending]), this.participant];
    const leaves = participants.map((participant) => this.scopes.join(participant as ScopeParticipant));
    return () => leaves.forEach((leave) => leave());
  }

  private readonly observer: QueryObserver = {
    queryStarted: (query) => this.started(query),
    queryEnded: (query, durationMs, error) => this.ended(query, durationMs, error),
    failed: (error) => this.onFault(error),
  };

  private readonly participant: ScopeParticipant<ScopeQueries> = {
    createState: () => new ScopeQueries(),
    scopeEnded: (queries, name, scope) => this.scopeEnded(queries, name, scope),
    originOf: (queries) => (queries.acquiring(this.options.nPlusOneThreshold) ? takeLocation() : undefined),
    timingOf: (queries) => {
      const { count, durationMs } = queries ?? { count: 0, durationMs: 0 };
      return { name: 'db', durationMs, description: count === 1 ? '1 query' : `${count} queries` };
    },
  };

  private scopeEnded(
    queries: ScopeQueries | undefined,
    name: string,
    { kind, method, trace }: RequestScope,
  ): void {
    const repeated = queries?.repeatedReads ?? [];
    let reported = repeated;
    try {
      if (kind === 'request') {
        this.requestEnded(queries?.count ?? 0, trace);
      }
      reported = this.exemptions.without(repeated, name, method);
      this.totals.nPlusOneExempt += repeated.length - reported.length + (queries?.allowedRepeatedReads ?? 0);
      reported.forEach((read) => this.found(name, read, method));
    } catch (error) {
      // For example the name of a unit of work may not be a string. The work must not fail because of that.
      this.onFault(error);
    }
    if (reported.length > 0 && this.options.failOnNPlusOne) {
      fail(workName(name, method), reported, kind);
    }
  }

  private requestEnded(queries: number, trace: LegalExemplarLabels | undefined): void {
    this.totals.requests += 1;
    this.totals.queriesInRequests += queries;
    this.metrics?.requestEnded(queries, trace);
  }

  private found(name: string, read: RepeatedRead, method: string | undefined): void {
    this.totals.nPlusOne += 1;
    this.metrics?.found(name);
    this.patterns.add(name, read, method);
  }

  private started(query: ObservedQuery): void {
    const { scope } = query;
    const queries = scope?.stateOf(this.participant);
    if (queries === undefined) {
      return;
    }
    queries.started();
    if (query.operation === 'select') {
      const reads = scope?.allowsRepeatedReads ? queries.allowedReads : queries;
      reads.read(query, query.fingerprint, this.options.nPlusOneThreshold, () => {
        const location = takeLocation();
        const { origin } = query;
        return () => location() ?? origin?.();
      });
    }
  }

  private ended(query: ObservedQuery, durationMs: number, error: unknown): void {
    const { scope } = query;
    this.totals.queries += 1;
    const queries = scope?.stateOf(this.participant);
    if (queries !== undefined) {
      queries.durationMs += durationMs;
    }
    if (durationMs > this.options.slowQueryThresholdMs) {
      this.totals.slowQueries += 1;
      this.slowQueries.add({
        fingerprint: printable(query.fingerprint),
        durationMs,
        endedAt: new Date(),
        failed: error !== undefined,
        ...(this.options.slowQueryParameters && { parameters: shownParameters(() => query.parameters) }),
      });
    }
  }
}

/** Maximum number of reads in an error's message. */
const LISTED_READS = 20;

/** Throws for a unit of work. A request has been answered by now: the error is thrown out of the event loop. */
function fail(name: string, repeated: readonly RepeatedRead[], kind: ScopeKind): void {
  const reads = repeated
    .slice(0, LISTED_READS)
    .map(
      ({ fingerprint, count, locate }) =>
        `  - ${count} times from ${printable(locate() ?? 'an unknown location')}: ${shownStatement(fingerprint, ERROR_LENGTH)}`,
    );
  if (repeated.length > reads.length) {
    reads.push(`  … ${repeated.length - reads.length} more`);
  }
  const error = new NPlusOneError(`${name} repeated reads (failOnNPlusOne):\n${reads.join('\n')}`);
  if (kind === 'work') {
    throw error;
  }
  process.nextTick(() => {
    throw error;
  });
}
