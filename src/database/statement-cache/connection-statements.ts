import type { PreparingConnection } from '../query-source.interface.js';

/** What becomes of a statement that is about to be sent. */
export interface PreparedUse {
  /** Which one it is of this statement on this connection, from 1 on. */
  readonly execution: number;
  readonly isHit: boolean;
  /** Whether another one had to go for it. */
  readonly hasEvicted: boolean;
}

/**
 * The statements that are prepared on one connection: as many as are allowed, the least recently used one goes first.
 */
export class ConnectionStatements {
  /** How often each was executed, by its name; the one that was used last is the last one. */
  private readonly executions = new Map<string, number>();
  /** Whether the transaction under way may have changed tables, so that its end may change them back. */
  private isChangingSchema = false;

  constructor(
    private readonly connection: PreparingConnection,
    private readonly maxEntries: number,
  ) {}

  get size(): number {
    return this.executions.size;
  }

  /** Makes ready for a statement that is about to be sent under this name. */
  use(name: string): PreparedUse {
    const before = this.executions.get(name);
    const isHit = before !== undefined && this.connection.hasPrepared(name);
    const execution = isHit ? before + 1 : 1;
    this.executions.delete(name);
    let hasEvicted = false;
    if (!isHit) {
      // Whatever the server may have of that name.
      this.connection.close(name);
      hasEvicted = this.makeRoom();
    }
    this.executions.set(name, execution);
    return { execution, isHit, hasEvicted };
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

  /** What was prepared for tables as they were may not fit them any more. */
  schemaChanges(): void {
    this.dropAll();
    this.isChangingSchema = this.connection.isInTransaction;
  }

  /** Tables become what they were before the transaction, or before a part of it. */
  rollsBack(): void {
    if (this.isChangingSchema) {
      this.schemaChanges();
    }
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
