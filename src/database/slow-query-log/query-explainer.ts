import type { Logger } from '../../core/tool/logger.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { WarnOnce } from '../../core/tool/warn-once.js';
import type { ObservedQuery, OwnConnection, QuerySource } from '../source/query-source.interface.js';
import { type QueryPlan, readPlan } from './query-plan.js';
import type { ExplainStats } from './slow-query-log.interface.js';

/** A fingerprint is explained once in this time. */
const LIFETIME_MS = 3_600_000;
/** Maximum number of fingerprints that are remembered for a source. The oldest one is forgotten first. */
const MAX_KNOWN = 500;
/** Maximum number of statements that wait to be explained. Others are explained when they are slow again. */
const MAX_WAITING = 20;
/** Longer texts are not kept until they are explained. */
const MAX_TEXT_LENGTH = 20_000;
/** `EXPLAIN (GENERIC_PLAN)` came with PostgreSQL 16. */
const MIN_SERVER_VERSION = 160_000;
/** Timeout of all statements of a source, connecting included. */
const TIMEOUT_MS = 3000;
const STATEMENT_TIMEOUT_MS = 1000;
/** A lock that somebody else holds is not waited for: waiting in the queue, EXPLAIN would hold up others. */
const LOCK_TIMEOUT_MS = 50;

/** The plan of a fingerprint, which is there once it has been explained. */
export interface Explanation {
  readonly askedAtMs: number;
  plan: QueryPlan | undefined;
}

interface Waiting {
  readonly text: string;
  readonly explanation: Explanation;
}

/** What is known of a source. */
class SourcePlans {
  readonly known = new Map<string, Explanation>();
  waiting: Waiting[] = [];
  /** Until then the server counts as too old: it may be replaced by a newer one. */
  tooOldUntilMs = -Infinity;

  remember(fingerprint: string, explanation: Explanation): void {
    // At the end: the order is that of the explanations.
    this.known.delete(fingerprint);
    this.known.set(fingerprint, explanation);
    if (this.known.size > MAX_KNOWN) {
      this.known.delete(this.known.keys().next().value ?? fingerprint);
    }
  }
}

/**
 * Asks servers for the generic plans of slow reads: once for each fingerprint and hour, on connections of its own, which the application
 * does not wait for. Statements are planned, never executed.
 */
export class QueryExplainer {
  private readonly sources = new Map<QuerySource, SourcePlans>();
  private readonly counts = { explained: 0, failed: 0, skipped: 0 };
  private readonly faults: WarnOnce;
  private readonly unsupported: WarnOnce;

  /** @param logger - must not throw */
  constructor(logger: Logger) {
    this.faults = new WarnOnce(logger, 'A slow query could not be explained');
    this.unsupported = new WarnOnce(logger, 'Slow queries are logged without their plans');
  }

  getStats(): ExplainStats {
    return { ...this.counts };
  }

  /** Explains the queries of a source until the returned function is called. */
  watch(source: QuerySource): () => void {
    this.sources.set(source, new SourcePlans());
    return () => this.sources.delete(source);
  }

  /** Returns where the plan of a slow query will be; `undefined` for one that waits for its next time. */
  explanationOf({ source, fingerprint, text, operation }: ObservedQuery): Explanation | undefined {
    const plans = this.sources.get(source);
    if (plans === undefined) {
      return undefined;
    }
    const now = nowMs();
    const known = plans.known.get(fingerprint);
    if (known !== undefined && now - known.askedAtMs < LIFETIME_MS) {
      return known;
    }
    const explanation = { askedAtMs: now, plan: undefined };
    const statement = singleStatement(text);
    const isAsked = source.hasPools && now >= plans.tooOldUntilMs;
    if (!isAsked || operation !== 'select' || statement === undefined) {
      this.counts.skipped += 1;
    } else if (plans.waiting.length < MAX_WAITING) {
      plans.waiting.push({ text: statement, explanation });
    } else {
      return undefined;
    }
    plans.remember(fingerprint, explanation);
    return explanation;
  }

  /** Explains the statements that wait. Never rejects. */
  async explain(): Promise<void> {
    await Promise.all([...this.sources].map(([source, plans]) => this.explainOf(source, plans)));
  }

  private async explainOf(source: QuerySource, plans: SourcePlans): Promise<void> {
    const waiting = plans.waiting;
    plans.waiting = [];
    const [pool] = source.pools();
    if (waiting.length === 0 || pool === undefined) {
      return;
    }
    let answered = 0;
    try {
      await pool.withOwnConnection(TIMEOUT_MS, async (connection) => {
        if ((await serverVersion(connection)) < MIN_SERVER_VERSION) {
          plans.tooOldUntilMs = nowMs() + LIFETIME_MS;
          this.counts.skipped += waiting.length;
          answered = waiting.length;
          this.unsupported.report('EXPLAIN (GENERIC_PLAN) needs PostgreSQL 16 or newer');
          return;
        }
        for (const { text, explanation } of waiting) {
          explanation.plan = await this.planOf(connection, text);
          answered += 1;
        }
      });
    } catch (error) {
      this.counts.failed += waiting.length - answered;
      this.faults.report(error);
    }
  }

  private async planOf(connection: OwnConnection, text: string): Promise<QueryPlan | undefined> {
    // Settings of a transaction: behind a pooler, those of a session would stay on the server's connection.
    await connection.query('BEGIN READ ONLY');
    try {
      await connection.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      await connection.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      // Without parameters pg sends it as a simple query. In an extended one, the parameters would be those of EXPLAIN.
      const [row] = await connection.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`);
      const plan = readPlan(row?.['QUERY PLAN']);
      this.counts.explained += 1;
      return plan;
    } catch (error) {
      this.counts.failed += 1;
      this.faults.report(error);
      return undefined;
    } finally {
      await connection.query('ROLLBACK');
    }
  }
}

/**
 * Returns the text of a single statement. A simple query may have several, of which EXPLAIN would be the first one, and the
 * others would be executed. Without a semicolon before the end there is only one, whatever quotes and comments are in it.
 */
function singleStatement(text: string): string | undefined {
  if (text.length > MAX_TEXT_LENGTH) {
    return undefined;
  }
  let statement = text.trimEnd();
  while (statement.endsWith(';')) {
    statement = statement.slice(0, -1).trimEnd();
  }
  return statement.includes(';') ? undefined : statement;
}

async function serverVersion(connection: OwnConnection): Promise<number> {
  const [row] = await connection.query(`SELECT current_setting('server_version_num') AS version`);
  return Number(row?.['version']);
}
