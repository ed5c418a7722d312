/**
 * The used part of a pool of `pg` (`pg-pool` 3.2 to 3.14). Declared here, so that neither `pg` nor its types must be
 * installed.
 */
export interface PoolLike {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  connect(): Promise<unknown>;
  on(event: 'connect', listener: () => void): unknown;
  removeListener(event: 'connect', listener: () => void): unknown;
}

/** The used part of a `DataSource` of TypeORM (0.3 and 1.x). */
export interface DataSourceLike {
  readonly isInitialized: boolean;
  readonly driver: object;
  createQueryRunner(): object;
}

/** A database that can be instrumented: a `DataSource` of TypeORM, or a `Pool` of `pg`. */
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
