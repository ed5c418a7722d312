import type { Logger } from '../../core/tool/logger.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { WarnOnce } from '../../core/tool/warn-once.js';
import type { ObservedQuery, OwnConnection, QuerySource } from '../source/query-source.interface.js';
import { type QueryPlan, readPlan } from './query-plan.js';
import type { ExplainStats } from './slow-query-log.interface.js';

/** A fingerprint is explained once in this time. */
const LIFETIME_MS = 3_600_000;
/** Maximum number of fingerprints that are remembered with their plans, shared by the sources. The oldest one is forgotten first. */
const MAX_KNOWN = 500;
/** Maximum number of statements of a source that wait to be explained. Others are explained when they are slow again. */
const MAX_WAITING = 20;
/** Longer texts are not kept until they are explained. */
const MAX_TEXT_LENGTH = 20_000;
/** `EXPLAIN (GENERIC_PLAN)` came with PostgreSQL 16. */
const MIN_SERVER_VERSION = 160_000;
/** Timeout of all statements of all sources, connecting included. */
const TIMEOUT_MS = 3000;
const STATEMENT_TIMEOUT_MS = 1000;
/** EXPLAIN gives up early on a lock that another session holds: in the lock's queue it would block later sessions. */
const LOCK_TIMEOUT_MS = 50;
/**
 * SQLSTATEs whose messages name objects, privileges and limits (PostgreSQL, Appendix A). Other messages may quote values of the statement:
 * `invalid input value for enum mood: "…"`.
 */
const WITHOUT_VALUES = /^(?:(?:08|25|28|3D|3F|53|55|57|58)...|42(?:501|703|704|883|P01))$/;

/** The plan of a fingerprint, which is there once it has been explained. */
export interface Explanation {
  readonly askedAtMs: number;
  plan: QueryPlan | undefined;
}

interface Waiting {
  readonly fingerprint: string;
  readonly text: string;
  readonly explanation: Explanation;
}

/** What is known of a source. */
class SourcePlans {
  readonly known = new Map<string, Explanation>();
  waiting: Waiting[] = [];
  /** Until then the server counts as too old: it may be replaced by a newer one. */
  tooOldUntilMs = -Infinity;

  remember(fingerprint: string, explanation: Explanation, limit: number): void {
    // At the end: the order is that of the explanations.
    this.known.delete(fingerprint);
    this.known.set(fingerprint, explanation);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= limit) {
        return;
      }
      this.known.delete(oldest);
    }
  }

  /** The statement is explained when it is slow again. */
  forget({ fingerprint, explanation }: Waiting): void {
    if (this.known.get(fingerprint) === explanation) {
      this.known.delete(fingerprint);
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
      plans.waiting.push({ fingerprint, text: statement, explanation });
    } else {
      return undefined;
    }
    // A data source for each tenant is not to have hundreds of plans for each. Those that wait are remembered.
    plans.remember(fingerprint, explanation, Math.max(MAX_WAITING, MAX_KNOWN / this.sources.size));
    return explanation;
  }

  /** Explains the statements that wait, up to a total time; those that are left wait for the next call. Never rejects. */
  async explain(): Promise<void> {
    const endsAtMs = nowMs() + TIMEOUT_MS;
    const sources = [...this.sources];
    // One source after the other: a hundred of them must not take a hundred connections from their server at once.
    for (const [source, plans] of sources) {
      const timeoutMs = Math.ceil(endsAtMs - nowMs());
      if (timeoutMs < STATEMENT_TIMEOUT_MS) {
        return;
      }
      if (plans.waiting.length > 0) {
        // The last one next time: a server that hangs must not keep the others from their turn.
        if (this.sources.delete(source)) {
          this.sources.set(source, plans);
        }
        await this.explainOf(source, plans, timeoutMs);
      }
    }
  }

  private async explainOf(source: QuerySource, plans: SourcePlans, timeoutMs: number): Promise<void> {
    const waiting = plans.waiting;
    plans.waiting = [];
    const [pool] = source.pools();
    if (pool === undefined) {
      waiting.forEach((each) => plans.forget(each));
      return;
    }
    let sent = 0;
    let answered = 0;
    let isOver = false;
    try {
      await pool.withOwnConnection(timeoutMs, async (connection) => {
        if ((await serverVersion(connection)) < MIN_SERVER_VERSION) {
          plans.tooOldUntilMs = nowMs() + LIFETIME_MS;
          this.counts.skipped += waiting.length;
          answered = waiting.length;
          this.unsupported.report('EXPLAIN (GENERIC_PLAN) needs PostgreSQL 16 or newer');
          return;
        }
        for (const { text, explanation } of waiting) {
          sent += 1;
          const plan = await planOf(connection, text);
          if (isOver) {
            // Counted at the timeout.
            return;
          }
          explanation.plan = this.counted(plan);
          answered += 1;
        }
      });
    } catch (error) {
      isOver = true;
      this.counts.failed += waiting.length - answered;
      // The one under way is not sent again for an hour: it may be what has ended the connection.
      waiting.slice(sent).forEach((each) => plans.forget(each));
      this.faults.report(reasonOf(error));
    }
  }

  /** @param plan - or the error of the server */
  private counted(plan: QueryPlan | { readonly error: unknown }): QueryPlan | undefined {
    if ('error' in plan) {
      this.counts.failed += 1;
      this.faults.report(reasonOf(plan.error));
      return undefined;
    }
    this.counts.explained += 1;
    return plan;
  }
}

/** @throws when the connection has ended */
async function planOf(
  connection: OwnConnection,
  text: string,
): Promise<QueryPlan | { readonly error: unknown }> {
  // Settings of a transaction: behind a pooler, those of a session would stay on the server's connection.
  await connection.query('BEGIN READ ONLY');
  try {
    await connection.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    await connection.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // Without parameters pg sends it as a simple query. In an extended one, the parameters would be those of EXPLAIN.
    const [row] = await connection.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`);
    return readPlan(row?.['QUERY PLAN']);
  } catch (error) {
    return { error };
  } finally {
    await connection.query('ROLLBACK');
  }
}

/** Returns what may be logged of an error. Only the server's errors have a severity, and quote the statement. */
function reasonOf(error: unknown): unknown {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  return severity === undefined || WITHOUT_VALUES.test(String(code))
    ? error
    : `SQLSTATE ${String(code)} (the message may quote values of the statement, and is left out)`;
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
