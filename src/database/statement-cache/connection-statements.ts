import { nowMs } from '../../core/tool/stopwatch.js';
import type { PreparingConnection } from '../source/query-source.interface.js';

/** What becomes of a statement that is about to be sent. */
export interface PreparedUse {
  /** Which one it is of this statement on this connection, from 1 on. */
  readonly execution: number;
  readonly isHit: boolean;
  /** Whether another one had to go for it. */
  readonly hasEvicted: boolean;
}

/**
 * How long a statement is used before it is prepared again. Bounds for how long it can differ from the same text without a
 * name after a change that cannot be seen: another process creates an object earlier on the search path, or changes the type
 * of a column that is only compared.
 */
const MAX_AGE_MS = 300_000;

interface Prepared {
  executions: number;
  readonly preparedAtMs: number;
}

/**
 * The statements that are prepared on one connection: as many as are allowed, the least recently used one goes first.
 */
export class ConnectionStatements {
  /** By name; the one that was used last is the last one. */
  private readonly executions = new Map<string, Prepared>();

  constructor(
    private readonly connection: PreparingConnection,
    private readonly maxEntries: number,
  ) {}

  get size(): number {
    return this.executions.size;
  }

  /** Makes ready for a statement that is about to be sent under this name. */
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
      // Whatever the server may have of that name.
      this.connection.close(name);
      hasEvicted = this.makeRoom();
    }
    this.executions.set(name, prepared);
    return { execution: prepared.executions, isHit, hasEvicted };
  }

  /** Has it closed before the next statement, if it was prepared. */
  drop(name: string): void {
    if (this.executions.delete(name)) {
      this.connection.close(name);
    }
  }

  /** The server has never had it. */
  forget(name: string): void {
    this.executions.delete(name);
  }

  /** As {@link drop}, all of them. */
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
