import { DB_STATEMENT_CALLS_TOTAL, DB_STATEMENT_SECONDS_TOTAL } from '../../catalog/performance.catalog.js';
import type { Counter, CounterChild } from '../../core/metric/counter.js';
import { OVERFLOW_LABEL_VALUE } from '../../core/metric/series-limit.js';
import type { RegistryLease } from '../../registry/registry-lease.js';
import type { ObservedQuery } from '../source/query-source.interface.js';
import { printable } from '../sql/shown-statement.js';
import { statementSummary } from '../sql/statement-summary.js';

/** Maximum number of remembered fingerprints, unless the limit of listed ones is higher. */
const MAX_STATEMENTS = 1000;
/** The share of fingerprints that are forgotten at once. */
const FORGOTTEN_SHARE = 0.1;
/** Maximum number of routes of one fingerprint. Calls from others count for the route `other`. */
const MAX_ROUTES = 20;

/** The statements with one fingerprint, and where they come from. */
export interface StatementStats {
  /** The statement with `?` in place of values, without control characters. */
  readonly fingerprint: string;
  /** Its operations and tables: the label `statement` of its series, unless that is `other`. */
  readonly summary: string;
  /** Statements that have ended, including failed ones. */
  readonly calls: number;
  readonly totalDurationMs: number;
  readonly averageDurationMs: number;
  readonly maxDurationMs: number;
  /**
   * The calls of each route or unit of work that has ended, the most calls first. `<background>`: outside of them; `other`: of routes
   * after the first 20.
   */
  readonly routes: readonly StatementRoute[];
}

/** The part of one route in the calls of a statement. */
export interface StatementRoute {
  readonly route: string;
  readonly calls: number;
}

/** The series of one summary. */
interface Children {
  readonly calls: CounterChild;
  readonly seconds: CounterChild;
}

/** The statements with one fingerprint. */
export class KnownStatement {
  calls = 0;
  totalDurationMs = 0;
  maxDurationMs = 0;
  private readonly routes = new Map<string, number>();

  constructor(
    readonly fingerprint: string,
    readonly summary: string,
    private readonly children: Children,
  ) {}

  ended(durationMs: number): void {
    this.calls += 1;
    this.totalDurationMs += durationMs;
    this.maxDurationMs = Math.max(this.maxDurationMs, durationMs);
    this.children.calls.inc();
    this.children.seconds.inc(durationMs / 1000);
  }

  cameFrom(route: string, calls: number): void {
    const isKnown = this.routes.has(route) || this.routes.size < MAX_ROUTES;
    const name = isKnown ? route : OVERFLOW_LABEL_VALUE;
    this.routes.set(name, (this.routes.get(name) ?? 0) + calls);
  }

  get stats(): StatementStats {
    const { calls, totalDurationMs, maxDurationMs } = this;
    return {
      fingerprint: printable(this.fingerprint),
      summary: this.summary,
      calls,
      totalDurationMs,
      averageDurationMs: totalDurationMs / calls,
      maxDurationMs,
      routes: Array.from(this.routes, ([route, ofRoute]) => ({ route, calls: ofRoute })).toSorted(
        (one, other) => other.calls - one.calls,
      ),
    };
  }
}

/**
 * Counts statements: by summary in series, whose number is limited, and by fingerprint in statistics. Past the maximum number of
 * fingerprints, those with the least total duration are forgotten.
 */
export class StatementTable {
  private readonly statements = new Map<string, KnownStatement>();
  private readonly children = new Map<string, Children>();
  private readonly calls: Counter<'statement'>;
  private readonly seconds: Counter<'statement'>;
  private readonly others: Children;
  private readonly capacity: number;

  /** @param limit - maximum number of summaries in series, and of listed fingerprints */
  constructor(
    registry: RegistryLease,
    private readonly limit: number,
  ) {
    this.calls = registry.catalogFamily(DB_STATEMENT_CALLS_TOTAL);
    this.seconds = registry.catalogFamily(DB_STATEMENT_SECONDS_TOTAL);
    this.others = this.childrenOf(OVERFLOW_LABEL_VALUE);
    this.capacity = Math.max(MAX_STATEMENTS, limit);
  }

  ended(query: ObservedQuery, durationMs: number): KnownStatement {
    const statement = this.statements.get(query.fingerprint) ?? this.add(query);
    statement.ended(durationMs);
    return statement;
  }

  /** Those with the longest total duration, the longest first. */
  get top(): readonly StatementStats[] {
    return this.byDuration()
      .slice(0, this.limit)
      .map(({ stats }) => stats);
  }

  private add({ fingerprint, text, isMySql }: ObservedQuery): KnownStatement {
    if (this.statements.size >= this.capacity) {
      const kept = Math.floor(this.capacity * (1 - FORGOTTEN_SHARE));
      this.byDuration()
        .slice(kept)
        .forEach((statement) => this.statements.delete(statement.fingerprint));
    }
    // Of the text: a long one may have its tables after the end of the fingerprint.
    const summary = statementSummary(text, isMySql === true ? 'mysql' : 'standard') ?? OVERFLOW_LABEL_VALUE;
    const statement = new KnownStatement(fingerprint, summary, this.limitedChildrenOf(summary));
    this.statements.set(fingerprint, statement);
    return statement;
  }

  private byDuration(): KnownStatement[] {
    return [...this.statements.values()].toSorted(
      (one, other) => other.totalDurationMs - one.totalDurationMs,
    );
  }

  private limitedChildrenOf(summary: string): Children {
    const known = this.children.get(summary);
    if (known !== undefined || this.children.size >= this.limit || summary === OVERFLOW_LABEL_VALUE) {
      return known ?? this.others;
    }
    const children = this.childrenOf(summary);
    this.children.set(summary, children);
    return children;
  }

  private childrenOf(statement: string): Children {
    return { calls: this.calls.labels(statement), seconds: this.seconds.labels(statement) };
  }
}
