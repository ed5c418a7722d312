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
}

/** The prepared statements of one connection: up to `maxEntries`; the least recently used one is closed first. */
export class ConnectionStatements {
  /** By name, in the order of their last use. */
  private readonly executions = new Map<string, Prepared>();

  constructor(
    private readonly connection: PreparingConnection,
    private readonly maxEntries: number,
  ) {}

  get size(): number {
    return this.executions.size;
  }

  /** To be called before a statement is sent under this name. */
  use(name: string): PreparedUse {
    const startedAtMs = nowMs();
    const known = this.executions.get(name);
    const isHit =
      known !== undefined &&
      startedAtMs - known.preparedAtMs < MAX_AGE_MS &&
      this.connection.hasPrepared(name);
    const prepared = isHit ? known : { executions: 0, preparedAtMs: startedAtMs };
    prepared.executions += 1;
    this.executions.delete(name);
    let hasEvicted = false;
    if (!isHit) {
      // The server may have a statement of that name.
      this.connection.close(name);
      hasEvicted = this.makeRoom();
    }
    this.executions.set(name, prepared);
    return { execution: prepared.executions, isHit, hasEvicted };
  }

  /** Closes a prepared statement before the next statement. */
  drop(name: string): void {
    if (this.executions.delete(name)) {
      this.connection.close(name);
    }
  }

  /** Removes a statement that the server has never had. */
  forget(name: string): void {
    this.executions.delete(name);
  }

  /** Closes all statements before the next one. */
  dropAll(): void {
    [...this.executions.keys()].forEach((name) => this.drop(name));
  }

  private makeRoom(): boolean {
    const [oldest] = this.executions.keys();
    if (oldest === undefined || this.executions.size < this.maxEntries) {
      return false;
    }
    this.drop(oldest);
    return true;
  }
}
