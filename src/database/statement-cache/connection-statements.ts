import { nowMs } from '../../core/tool/stopwatch.js';
import type { PreparingConnection } from '../source/query-source.interface.js';

/** The use of a name for a statement that is sent next. */
export interface PreparedUse {
  /** The number of the execution since the statement was prepared, from 1. */
  readonly execution: number;
  readonly isHit: boolean;
  /** Whether another statement was closed for it. */
  readonly hasEvicted: boolean;
}

/**
 * The age at which a statement is prepared again. It bounds how long a statement may differ from the same text without a name
 * after a change that cannot be detected: another process creates an object earlier on the search path, or changes the type of
 * a column that is only compared.
 */
const MAX_AGE_MS = 300_000;

interface Prepared {
  executions: number;
  readonly preparedAtMs: number;
  usedAtMs: number;
}

/** The prepared statements of one connection: up to `maxEntries`; the least recently used one is closed first. */
export class ConnectionStatements {
  private readonly statements = new Map<string, Prepared>();

  constructor(
    private readonly connection: PreparingConnection,
    private readonly maxEntries: number,
  ) {}

  get size(): number {
    return this.statements.size;
  }

  /** To be called before a statement is sent under this name. */
  use(name: string): PreparedUse {
    const usedAtMs = nowMs();
    const known = this.statements.get(name);
    if (
      known !== undefined &&
      usedAtMs - known.preparedAtMs < MAX_AGE_MS &&
      this.connection.hasPrepared(name)
    ) {
      known.usedAtMs = usedAtMs;
      known.executions += 1;
      return { execution: known.executions, isHit: true, hasEvicted: false };
    }
    // The server may have a statement of that name.
    this.connection.close(name);
    const hasEvicted = known === undefined && this.makeRoom();
    this.statements.set(name, { executions: 1, preparedAtMs: usedAtMs, usedAtMs });
    return { execution: 1, isHit: false, hasEvicted };
  }

  /** Closes a prepared statement before the next statement. */
  drop(name: string): void {
    if (this.statements.delete(name)) {
      this.connection.close(name);
    }
  }

  /** Removes a statement that the server has never had. */
  forget(name: string): void {
    this.statements.delete(name);
  }

  /** Closes all statements before the next one. */
  dropAll(): void {
    [...this.statements.keys()].forEach((name) => this.drop(name));
  }

  private makeRoom(): boolean {
    if (this.statements.size < this.maxEntries) {
      return false;
    }
    let oldest: string | undefined;
    let oldestMs = Infinity;
    for (const [name, { usedAtMs }] of this.statements) {
      if (usedAtMs < oldestMs) {
        oldest = name;
        oldestMs = usedAtMs;
      }
    }
    if (oldest !== undefined) {
      this.drop(oldest);
    }
    return true;
  }
}
