import { isPool } from '../../options/instrumentable.interface.js';
import { MethodHook } from '../../core/tool/method-hook.js';
import type { PgPool } from '../pg/pg.interface.js';
import { PoolHook } from '../pg/pool-hook.js';
import type {
  PoolObserver,
  QueryObserver,
  QuerySource,
  StatementNamer,
  WatchedPool,
} from '../source/query-source.interface.js';
import type { DestroyHook } from './destroy-hook.js';
import { isTypeOrmsOwnRead } from './own-call.js';
import type { TypeOrmDriver } from './typeorm.interface.js';

/** What is done with each pool that there is, and with each that comes. */
interface Watch {
  readonly begin: (pool: PoolHook) => () => void;
  readonly ends: Map<PoolHook, () => void>;
}

/**
 * A data source whose driver has pools of pg, of the primary and of replicas. They are others after every `initialize()`;
 * those that the driver makes are watched from their first connection on.
 */
export class PgDataSourceHook implements QuerySource {
  /** It can be initialised again. */
  readonly hasEnded = false;
  readonly hasPools = true;
  private readonly watches = new Set<Watch>();
  private readonly method: MethodHook<TypeOrmDriver, 'createPool'>;

  constructor(
    private readonly driver: TypeOrmDriver,
    readonly kind: string,
    private readonly destruction: DestroyHook,
  ) {
    this.method = new MethodHook(
      driver,
      'createPool',
      (original) =>
        (...args) =>
          this.createPool(original, args),
    );
  }

  /** Without its primary the data source is being initialised or destroyed: replicas come before it and go after it. */
  pools(): readonly WatchedPool[] {
    const { master } = this.driver;
    const isOpen = isPool(master) && !PoolHook.of(master as unknown as PgPool).isClosed;
    return isOpen ? this.poolHooks().flatMap((pool) => pool.pools()) : [];
  }

  isOwnRead(text: string): boolean {
    return isTypeOrmsOwnRead(text);
  }

  beforeDestroy(work: () => Promise<void>): () => void {
    return this.destruction.add(work);
  }

  observeQueries(observer: QueryObserver): () => void {
    return this.watch((pool) => pool.observeQueries(observer));
  }

  observePools(observer: PoolObserver): () => void {
    return this.watch((pool) => pool.observePools(observer));
  }

  nameStatements(namerFor: (pool: WatchedPool) => StatementNamer): () => void {
    return this.watch((pool) => pool.nameStatements(namerFor));
  }

  private poolHooks(): PoolHook[] {
    const { master, slaves = [] } = this.driver;
    return [master, ...slaves].filter(isPool).map((pool) => this.hookOf(pool));
  }

  private hookOf(pool: object): PoolHook {
    const hook = PoolHook.of(pool as PgPool);
    hook.source = this;
    return hook;
  }

  private watch(begin: Watch['begin']): () => void {
    const watch: Watch = { begin, ends: new Map() };
    this.watches.add(watch);
    this.method.putIn();
    this.poolHooks().forEach((pool) => attach(watch, pool));
    return () => {
      if (this.watches.delete(watch)) {
        watch.ends.forEach((end) => end());
        if (this.watches.size === 0) {
          this.method.takeOut();
        }
      }
    };
  }

  private createPool(original: TypeOrmDriver['createPool'], args: unknown[]): Promise<unknown> {
    if (this.watches.size === 0) {
      this.method.takeOut();
    }
    return original.apply(this.driver, args).then((pool) => {
      if (isPool(pool)) {
        this.watches.forEach((watch) => attach(watch, this.hookOf(pool)));
      }
      return pool;
    });
  }
}

function attach({ begin, ends }: Watch, pool: PoolHook): void {
  for (const [earlier, end] of ends) {
    if (earlier.hasEnded) {
      end();
      ends.delete(earlier);
    }
  }
  ends.set(pool, ends.get(pool) ?? begin(pool));
}
