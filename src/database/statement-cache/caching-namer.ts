import type { NamedStatement, PreparingConnection, StatementNamer } from '../query-source.interface.js';
import { ConnectionStatements, type PreparedUse } from './connection-statements.js';
import type { KnownText } from './known-text.js';
import { PlanGuard } from './plan-guard.js';
import type { PlanMedians } from './plan-trial.js';
import type { TextAdmission } from './text-admission.js';

/** Counts of one cache. */
export interface CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
  planRegressions: number;
}

/** What a cache is told of. */
export interface NamerEvents {
  planRegression(text: string, medians: PlanMedians): void;
  cannotName(reason: string): void;
  stopped(): void;
}

/** Errors that a statement gets because what it was prepared for has changed since (PostgreSQL, Appendix A). */
const STALE = new Set([
  '0A000', // cached plan must not change result type
  '22003', // numeric value out of range: of the type that a parameter had
  '22007', // invalid datetime format: likewise
  '22008', // datetime field overflow: likewise
  '22P02', // invalid text representation: likewise
  '26000', // it does not exist
  '42804', // datatype mismatch
  '42883', // undefined function: for that type
  'XX000', // cache lookup failed: for that type, which is gone
]);
const DOES_NOT_EXIST = '26000';

/** Of a statement that took too long: to the server, and to the driver. */
const CANCELED = '57014';
const READ_TIMEOUT = 'Query read timeout';

/** These close statements behind our back, or all of them. */
const CLOSING = /\b(?:DISCARD|DEALLOCATE)\b/i;
const CHANGING_SCHEMA = /(?:^|;)\s*(?:ALTER|DROP)\s/i;
const ROLLING_BACK = /(?:^|;)\s*(?:ROLLBACK|ABORT)\b/i;
/** How far into a text is looked for these. */
const LOOKED_AT = 4096;

/** Gives names to the statements of one pool, and knows what each connection has prepared. */
export class CachingNamer implements StatementNamer {
  private readonly connections = new Map<PreparingConnection, ConnectionStatements>();

  constructor(
    private readonly admission: TextAdmission,
    private readonly counts: CacheCounts,
    private readonly maxEntries: number,
    private readonly guardsPlans: boolean,
    /** Whether names are given: not before it is known that the server keeps them. */
    private readonly isOn: () => boolean,
    private readonly events: NamerEvents,
  ) {}

  get entries(): number {
    return [...this.connections.values()].reduce((sum, { size }) => sum + size, 0);
  }

  nameFor(text: string, connection: PreparingConnection): NamedStatement | undefined {
    if (!this.isOn()) {
      return undefined;
    }
    const known = this.admission.use(text);
    if (known?.name === undefined) {
      return undefined;
    }
    const { name } = known;
    if (known.isDenied) {
      this.connections.get(connection)?.drop(name);
      return undefined;
    }
    if (known.guard?.wantsUnnamed) {
      return this.unnamedOf(known);
    }
    const statements = this.statementsOf(connection);
    const wasInTransaction = connection.isInTransaction;
    const use = statements.use(name);
    this.counts[use.isHit ? 'hits' : 'misses'] += 1;
    this.counts.evictions += use.hasEvicted ? 1 : 0;
    return {
      name,
      ended: (durationMs, error) => {
        this.guard(known, use.execution, durationMs, error);
        return (
          error !== undefined && this.failed(statements, connection, name, use, error) && !wasInTransaction
        );
      },
    };
  }

  passed(text: string, connection: PreparingConnection): void {
    const statements = this.connections.get(connection);
    if (statements === undefined) {
      return;
    }
    const looked = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text;
    if (CLOSING.test(looked)) {
      statements.dropAll();
    }
    if (CHANGING_SCHEMA.test(looked)) {
      statements.schemaChanges();
    } else if (ROLLING_BACK.test(looked)) {
      statements.rollsBack();
    }
  }

  connectionClosed(connection: PreparingConnection): void {
    this.connections.delete(connection);
  }

  cannotName(reason: string): void {
    this.events.cannotName(reason);
  }

  stopped(): void {
    for (const [connection, statements] of this.connections) {
      statements.dropAll();
      connection.closeNow();
    }
    this.connections.clear();
    this.events.stopped();
  }

  private statementsOf(connection: PreparingConnection): ConnectionStatements {
    let statements = this.connections.get(connection);
    if (statements === undefined) {
      statements = new ConnectionStatements(connection, this.maxEntries);
      this.connections.set(connection, statements);
    }
    return statements;
  }

  private unnamedOf(known: KnownText): NamedStatement {
    return {
      name: undefined,
      ended: (durationMs, error) => {
        this.guard(known, undefined, durationMs, error);
        return false;
      },
    };
  }

  /** Answers whether it is to be sent again without its name, unless its failure has ended a transaction. */
  private failed(
    statements: ConnectionStatements,
    connection: PreparingConnection,
    name: string,
    { isHit }: PreparedUse,
    error: unknown,
  ): boolean {
    const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
    if (typeof severity !== 'string') {
      // Not the server's: a value that the driver could not send, after which it closes the statement and still believes in it.
      statements.drop(name);
      return false;
    }
    if (!connection.hasPrepared(name)) {
      statements.forget(name);
      return false;
    }
    if (!isHit || typeof code !== 'string' || !STALE.has(code)) {
      return false;
    }
    if (code === DOES_NOT_EXIST) {
      // Something has closed it that we have not seen, and it may not be the only one.
      statements.dropAll();
    } else {
      statements.drop(name);
    }
    return true;
  }

  private guard(known: KnownText, execution: number | undefined, durationMs: number, error: unknown): void {
    if (!this.guardsPlans || known.isDenied || (error !== undefined && !isTimeout(error))) {
      return;
    }
    known.guard ??= new PlanGuard();
    const medians = known.guard.took(execution, durationMs);
    if (medians !== undefined) {
      this.admission.deny(known);
      this.counts.planRegressions += 1;
      this.events.planRegression(known.text, medians);
    }
  }
}

/** These took at least as long as it says. */
function isTimeout(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === CANCELED || message === READ_TIMEOUT;
}
