import type {
  NamedStatement,
  PreparingConnection,
  StatementNamer,
} from '../source/query-source.interface.js';
import { ConnectionSession } from './connection-session.js';
import { ConnectionStatements, type PreparedUse } from './connection-statements.js';
import { PlanGuard, type PlanMedians } from './plan-guard.js';
import type { ServerCheck } from './server-check.js';
import { reachOn } from './session-change.js';
import { Reach } from './session-statements.js';
import { type KnownText, sessionName, type TextAdmission } from './text-admission.js';

/** The counters of one cache. */
export interface CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
  planRegressions: number;
  bypasses: number;
}

/** The state that the namers of one cache share. */
export interface SharedState {
  readonly admission: TextAdmission;
  readonly counts: CacheCounts;
  /** The number of changes so far that concern all connections. */
  databaseChanges: number;
}

/** Listeners of a cache for events of its namers. */
export interface NamerEvents {
  planRegression(text: string, medians: PlanMedians): void;
  /** A statement was sent without its name, because the statement `changedBy` may have changed its meaning. */
  bypassed(changedBy: string): void;
  /** The statements of a connection were closed for the same reason. */
  invalidated(changedBy: string): void;
  cannotName(reason: string): void;
  stopped(): void;
}

/** SQLSTATEs of a prepared statement that is gone, or whose tables, types or functions have changed (PostgreSQL, Appendix A). */
const STALE = new Set([
  '0A000', // cached plan must not change result type
  '22003', // numeric value out of range, for the former type of a parameter
  '22007', // invalid datetime format, likewise
  '22008', // datetime field overflow, likewise
  '22P02', // invalid text representation, likewise
  '26000', // the statement does not exist
  '42804', // datatype mismatch
  '42883', // undefined function, for that type
  'XX000', // cache lookup failed, for a dropped type
]);
const DOES_NOT_EXIST = '26000';

/** The errors of a timeout, of the server and of the driver. */
const CANCELED = '57014';
const READ_TIMEOUT = 'Query read timeout';

/** The state of one connection. */
interface KnownConnection {
  readonly statements: ConnectionStatements;
  readonly session: ConnectionSession;
  /** The value of `databaseChanges` when its statements were last checked. */
  databaseChanges: number;
}

/** Names the statements of one pool, and tracks the prepared statements of each connection. */
export class CachingNamer implements StatementNamer {
  private readonly connections = new Map<PreparingConnection, KnownConnection>();

  constructor(
    private readonly shared: SharedState,
    private readonly server: ServerCheck,
    private readonly maxEntries: number,
    private readonly guardsPlans: boolean,
    private readonly events: NamerEvents,
  ) {}

  get entries(): number {
    return [...this.connections.values()].reduce((sum, { statements }) => sum + statements.size, 0);
  }

  nameFor(text: string, connection: PreparingConnection): NamedStatement | undefined {
    const known = this.connectionOf(connection);
    if (!this.server.allowsNames()) {
      known.session.sends('', Reach.Session);
      return undefined;
    }
    const { admission } = this.shared;
    const knownText = admission.use(text);
    const reach = reachOn(this.server, text, knownText?.change ?? admission.changeBy(text, true));
    if (reach !== Reach.None) {
      known.session.sends(text, reach);
      return undefined;
    }
    return knownText?.name === undefined || this.isBypassed(known)
      ? undefined
      : this.named(
          knownText,
          sessionName(knownText, knownText.name, known.session.suffix),
          known.statements,
          connection,
        );
  }

  passed(text: string, connection: PreparingConnection): void {
    // Without a text, it is a statement that the application has prepared, or of an unknown kind.
    const isKnown = text !== '' && this.server.allowsNames();
    const reach = isKnown
      ? reachOn(this.server, text, this.shared.admission.changeBy(text, false))
      : Reach.Session;
    this.connectionOf(connection).session.sends(isKnown ? text : '', reach);
  }

  connectionClosed(connection: PreparingConnection): void {
    this.connections.get(connection)?.session.close();
    this.connections.delete(connection);
  }

  cannotName(reason: string): void {
    this.events.cannotName(reason);
  }

  stopped(): void {
    for (const [connection, { statements, session }] of this.connections) {
      session.close();
      statements.dropAll();
      connection.closeNow();
    }
    this.connections.clear();
    this.events.stopped();
  }

  private connectionOf(connection: PreparingConnection): KnownConnection {
    let known = this.connections.get(connection);
    if (known === undefined) {
      const statements = new ConnectionStatements(connection, this.maxEntries);
      const session = new ConnectionSession(connection, (reach, changedBy, hasFunctions) => {
        if (hasFunctions) {
          this.server.functionsChanged();
        }
        this.sessionChanged(statements, reach, changedBy);
      });
      known = { statements, session, databaseChanges: this.shared.databaseChanges };
      this.connections.set(connection, known);
    }
    return known;
  }

  private sessionChanged(statements: ConnectionStatements, reach: Reach, changedBy: string): void {
    if (reach === Reach.Database) {
      this.shared.databaseChanges += 1;
    } else if (statements.size > 0) {
      this.events.invalidated(changedBy);
    }
    statements.dropAll();
  }

  /** Returns true while the meaning of texts on a connection is unknown. Closes statements from before a change of the database. */
  private isBypassed(known: KnownConnection): boolean {
    const { changedBy } = known.session;
    if (changedBy !== undefined) {
      this.shared.counts.bypasses += 1;
      this.events.bypassed(changedBy);
      return true;
    }
    if (known.databaseChanges !== this.shared.databaseChanges) {
      known.databaseChanges = this.shared.databaseChanges;
      known.statements.dropAll();
    }
    return false;
  }

  private named(
    known: KnownText,
    name: string,
    statements: ConnectionStatements,
    connection: PreparingConnection,
  ): NamedStatement | undefined {
    if (known.isDenied) {
      statements.drop(name);
      return undefined;
    }
    if (known.guard?.wantsUnnamed) {
      return this.unnamedOf(known);
    }
    const wasInTransaction = connection.isInTransaction;
    const use = statements.use(name);
    const { counts } = this.shared;
    counts[use.isHit ? 'hits' : 'misses'] += 1;
    counts.evictions += use.hasEvicted ? 1 : 0;
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

  private unnamedOf(known: KnownText): NamedStatement {
    return {
      name: undefined,
      ended: (durationMs, error) => {
        this.guard(known, undefined, durationMs, error);
        return false;
      },
    };
  }

  /** Returns true if the statement is to be sent again without its name. After an error in a transaction it is not. */
  private failed(
    statements: ConnectionStatements,
    connection: PreparingConnection,
    name: string,
    { isHit }: PreparedUse,
    error: unknown,
  ): boolean {
    const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
    if (typeof severity !== 'string') {
      // An error of the driver: it could not serialize a value, closed the statement, and kept its record of it.
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
      // It was closed by unknown means, and other statements may be, too.
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
      this.shared.admission.deny(known);
      this.shared.counts.planRegressions += 1;
      this.events.planRegression(known.text, medians);
    }
  }
}

/** The statement took at least the timeout. */
function isTimeout(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === CANCELED || message === READ_TIMEOUT;
}
