import type { NamedStatement, PreparingConnection, StatementNamer } from '../query-source.interface.js';
import { ConnectionStatements } from './connection-statements.js';
import type { KnownText } from './known-text.js';
import { PlanLatencies } from './plan-latencies.js';
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
  /** @param medians - in milliseconds, before and after the server's switch to its generic plan */
  planRegression(text: string, medians: { readonly before: number; readonly after: number }): void;
  cannotName(reason: string): void;
  stopped(): void;
}

/** Errors that a statement gets because what it was prepared for has changed since (PostgreSQL, Appendix A). */
const STALE = new Set([
  '0A000', // cached plan must not change result type
  '22003', // numeric value out of range: of the type that a parameter had
  '22P02', // invalid text representation: of that type
  '26000', // it does not exist
  '42804', // datatype mismatch
  '42883', // undefined function: for that type
]);

/** These close statements behind our back, or all of them. */
const CLOSING = /\b(?:DISCARD|DEALLOCATE)\b/i;

/** Gives names to the statements of one pool, and knows what each connection has prepared. */
export class CachingNamer implements StatementNamer {
  private readonly connections = new Map<PreparingConnection, ConnectionStatements>();

  constructor(
    private readonly admission: TextAdmission,
    private readonly counts: CacheCounts,
    private readonly maxEntries: number,
    private readonly watchPlans: boolean,
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
    if (known?.name === undefined || known.isDenied) {
      this.connections.get(connection)?.closeDoubtful();
      return undefined;
    }
    const { name } = known;
    const statements = this.statementsOf(connection);
    const wasInTransaction = connection.isInTransaction;
    const { execution, isHit, evicted } = statements.use(known, name);
    this.counts[isHit ? 'hits' : 'misses'] += 1;
    this.counts.evictions += evicted;
    return {
      name,
      ended: (durationMs, error) => {
        if (error !== undefined) {
          return this.failed(statements, connection, name, isHit && !wasInTransaction, isHit, error);
        }
        if (this.watchPlans) {
          this.watchPlan(known, execution, durationMs);
        }
        return false;
      },
    };
  }

  passed(text: string, connection: PreparingConnection): void {
    const statements = this.connections.get(connection);
    if (statements === undefined) {
      return;
    }
    if (CLOSING.test(text)) {
      statements.dropAll();
    }
    if (connection.isIdle) {
      statements.closeDoubtful();
    }
  }

  connectionClosed(connection: PreparingConnection): void {
    this.connections.delete(connection);
  }

  cannotName(reason: string): void {
    this.events.cannotName(reason);
  }

  /** What is prepared is closed, where nothing is under way; elsewhere it goes with its connection. */
  stopped(): void {
    for (const [connection, statements] of this.connections) {
      statements.dropAll();
      if (connection.isIdle) {
        statements.closeDoubtful();
      }
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

  /** Answers whether to send it again without its name. */
  private failed(
    statements: ConnectionStatements,
    connection: PreparingConnection,
    name: string,
    mayRetry: boolean,
    isHit: boolean,
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
    }
    if (isHit && typeof code === 'string' && STALE.has(code)) {
      statements.drop(name);
      return mayRetry;
    }
    return false;
  }

  private watchPlan(known: KnownText, execution: number, durationMs: number): void {
    known.latencies ??= new PlanLatencies();
    if (!known.isDenied && known.latencies.record(execution, durationMs)) {
      known.isDenied = true;
      this.counts.planRegressions += 1;
      this.events.planRegression(known.text, known.latencies.medians);
    }
  }
}
