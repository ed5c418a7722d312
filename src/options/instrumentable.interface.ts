/**
 * A pool of `pg`, as far as its type goes here, so that neither `pg` nor its types have to be installed (`pg-pool` 3.6
 * to 3.14).
 */
export interface PoolLike {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  connect(): Promise<unknown>;
  on(event: 'connect', listener: () => void): unknown;
  removeListener(event: 'connect', listener: () => void): unknown;
}

/** A `DataSource` of TypeORM, as far as its type goes here (0.3 and 1.x). */
export interface DataSourceLike {
  readonly isInitialized: boolean;
  readonly driver: object;
  createQueryRunner(): object;
}

/** What this library can watch: a `DataSource` of TypeORM, or a `Pool` of `pg`. */
export type Instrumentable = DataSourceLike | PoolLike;

export function isPool(value: unknown): value is PoolLike {
  const pool = value as Partial<PoolLike> | null | undefined;
  return (
    typeof pool === 'object' &&
    pool !== null &&
    typeof pool.connect === 'function' &&
    typeof pool.on === 'function' &&
    typeof pool.removeListener === 'function' &&
    typeof pool.totalCount === 'number' &&
    typeof pool.idleCount === 'number' &&
    typeof pool.waitingCount === 'number'
  );
}

export function isDataSource(value: unknown): value is DataSourceLike {
  const source = value as Partial<DataSourceLike> | null | undefined;
  return (
    typeof source === 'object' &&
    source !== null &&
    typeof source.isInitialized === 'boolean' &&
    typeof source.driver === 'object' &&
    source.driver !== null &&
    typeof source.createQueryRunner === 'function'
  );
}
