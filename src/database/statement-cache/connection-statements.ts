import type { PreparingConnection } from '../query-source.interface.js';
import type { KnownText } from './known-text.js';

/** One statement that is prepared on a connection. */
interface PreparedText {
  readonly known: KnownText;
  executions: number;
}

/**
 * The statements that are prepared on one connection: as many as are allowed, the least recently used one goes first. What
 * is closed is closed by a message of the protocol just before the next statement: it costs no round trip, and works in an
 * aborted transaction.
 */
export class ConnectionStatements {
  private readonly prepared = new Map<string, PreparedText>();
  /** Of which nobody knows whether the server has them. */
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly connection: PreparingConnection,
    private readonly maxEntries: number,
  ) {}

  get size(): number {
    return this.prepared.size;
  }

  /**
   * Makes ready for a statement that is about to be sent.
   *
   * @returns which execution it is, and whether the server has it; how many were closed for it
   */
  use(known: KnownText, name: string): { execution: number; isHit: boolean; evicted: number } {
    this.closeDoubtful();
    const isHit = this.prepared.has(name) && this.connection.hasPrepared(name);
    const entry = isHit ? (this.prepared.get(name) as PreparedText) : { known, executions: 0 };
    entry.executions += 1;
    // The last one of the map is the one that was used last.
    this.prepared.delete(name);
    const evicted = isHit ? 0 : this.evict();
    this.prepared.set(name, entry);
    return { execution: entry.executions, isHit, evicted };
  }

  /** Has it closed before the next statement, whether the server has it or not. */
  drop(name: string): void {
    this.prepared.delete(name);
    this.doubtful.add(name);
  }

  /** The server never had it. */
  forget(name: string): void {
    this.prepared.delete(name);
  }

  /** As {@link drop}, all of them. */
  dropAll(): void {
    [...this.prepared.keys()].forEach((name) => this.drop(name));
  }

  /** Closes what is in doubt, and what its text has lost its name. */
  closeDoubtful(): void {
    if (this.doubtful.size > 0) {
      this.doubtful.forEach((name) => this.connection.close(name));
      this.doubtful.clear();
    }
  }

  private evict(): number {
    let evicted = 0;
    for (const [name, { known }] of this.prepared) {
      if (this.prepared.size < this.maxEntries && !known.isDenied) {
        continue;
      }
      this.prepared.delete(name);
      this.connection.close(name);
      evicted += 1;
    }
    return evicted;
  }
}
