import { MethodHook } from '../../core/tool/method-hook.js';
import { type Action, shared, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import { isPool } from '../../options/instrumentable.interface.js';
import type { PgPool } from '../pg/pg.interface.js';
import { PoolHook } from '../pg/pool-hook.js';
import type {
  ConnectionUse,
  PoolObserver,
  QueryObserver,
  QuerySource,
  StatementNamer,
  WatchedPool,
} from '../source/query-source.interface.js';
import { DataSourceHook } from './data-source-hook.js';
import type { TypeOrmDataSource, TypeOrmDriver } from './typeorm.interface.js';

/**
 * A data source whose driver has pools of pg, of the primary and of replicas. Each `initialize()` creates new pools; they are
 * hooked before their first connection.
 */
export class PgDataSourceHook extends DataSourceHook implements QuerySource {
  readonly hasPools = true;
  private readonly knownPools = new Subscriptions<PoolHook>();
  private isHooked = false;
  private readonly hook = shared(() => {
    this.isHooked = true;
    this.method.putIn();
    return () => {
      this.isHooked = false;
      this.method.takeOut();
      this.knownPools.list.forEach((pool) => this.knownPools.delete(pool));
    };
  });
  private readonly method: MethodHook<TypeOrmDriver, 'createPool'>;

  constructor(dataSource: TypeOrmDataSource) {
    super(dataSource);
    this.method = new MethodHook(
      this.driver,
      'createPool',
      (original) =>
        (...args) =>
          this.createPool(original, args),
    );
  }

  /** Empty without the primary's pool: pools of replicas are created before it and closed after it. */
  pools(): readonly WatchedPool[] {
    const { master } = this.driver;
    const isOpen = isPool(master) && !PoolHook.of(master as unknown as PgPool).isClosed;
    return isOpen ? this.presentPools().flatMap((pool) => pool.pools()) : [];
  }

  uses(): readonly ConnectionUse[] {
    return this.knownPools.list.flatMap((pool) => pool.uses());
  }

  observeQueries(observer: QueryObserver): Undo {
    return this.watch((pool) => pool.observeQueries(observer));
  }

  observePools(observer: PoolObserver): Undo {
    return this.watch((pool) => pool.observePools(observer));
  }

  nameStatements(namerFor: (pool: WatchedPool) => StatementNamer): Undo {
    return this.watch((pool) => pool.nameStatements(namerFor));
  }

  private presentPools(): PoolHook[] {
    const { master, slaves = [] } = this.driver;
    return [master, ...slaves].filter(isPool).map((pool) => this.hookOf(pool));
  }

  private hookOf(pool: object): PoolHook {
    const hook = PoolHook.of(pool as PgPool);
    hook.source = this;
    return hook;
  }

  private watch(action: Action<PoolHook>): Undo {
    const unhook = this.hook();
    this.addPools(this.presentPools());
    const end = this.knownPools.each(action);
    return () => {
      end();
      unhook();
    };
  }

  private addPools(pools: readonly PoolHook[]): void {
    this.knownPools.list.filter(({ hasEnded }) => hasEnded).forEach((pool) => this.knownPools.delete(pool));
    pools.forEach((pool) => this.knownPools.add(pool));
  }

  private createPool(original: TypeOrmDriver['createPool'], args: unknown[]): Promise<unknown> {
    if (!this.isHooked) {
      this.method.takeOut();
    }
    return original.apply(this.driver, args).then((pool) => {
      if (this.isHooked && isPool(pool)) {
        this.addPools([this.hookOf(pool)]);
      }
      return pool;
    });
  }
}
