import type { StatementNamer, WatchedPool } from '../source/query-source.interface.js';
import { OLD_PG } from './client-statements.js';
import type { PgClient, PgPool } from './pg.interface.js';

type NamerFor = (pool: WatchedPool) => StatementNamer;

/** Who gives the statements of a pool their names: the first who offers to; when he goes, the next. */
export class NamerSlot {
  current: StatementNamer | undefined;
  /** In the order in which they came: the first one's namer is asked. */
  private readonly offers = new Set<NamerFor>();

  constructor(
    private readonly pool: WatchedPool,
    private readonly onChange: () => void,
    /** The pool's class of clients, if it can be read. */
    private readonly clientClass: () => PgPool['Client'],
  ) {}

  /** Calling the result takes it back. */
  offer(namerFor: NamerFor): () => void {
    // Each call counts for itself.
    const own: NamerFor = (pool) => namerFor(pool);
    this.offers.add(own);
    if (this.current === undefined) {
      this.takeNext();
    }
    return () => {
      const [first] = this.offers;
      this.offers.delete(own);
      if (first === own) {
        this.current?.stopped();
        this.takeNext();
      }
    };
  }

  private takeNext(): void {
    const [next] = this.offers;
    this.current = next?.(this.pool);
    if (this.current !== undefined && isOldPg(this.clientClass())) {
      // At once: the first client may come late.
      this.current.cannotName(OLD_PG);
    }
    this.onChange();
  }
}

function isOldPg(clientClass: PgPool['Client']): boolean {
  const prototype = (clientClass as { readonly prototype?: Partial<PgClient> } | undefined)?.prototype;
  return typeof prototype?.query === 'function' && prototype.getTransactionStatus === undefined;
}
