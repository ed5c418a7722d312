import { InvalidValueError } from '../../core/errors.js';
import {
  type DataSourceLike,
  type Instrumentable,
  isDataSource,
  isPool,
} from '../../options/instrumentable.interface.js';
import type { PgPool } from '../pg/pg.interface.js';
import { PoolHook } from '../pg/pool-hook.js';
import type { QuerySource } from '../source/query-source.interface.js';
import { DestroyHook } from '../typeorm/destroy-hook.js';
import { PgDataSourceHook } from '../typeorm/pg-data-source-hook.js';
import { QueryRunnerDataSourceHook } from '../typeorm/query-runner-hook.js';
import type { TypeOrmDataSource } from '../typeorm/typeorm.interface.js';

const sources = new WeakMap<DataSourceLike, QuerySource>();

/**
 * Where a data source or a pool is watched: always the same one.
 *
 * @throws {@link InvalidValueError} on anything else.
 */
export function querySourceOf(target: Instrumentable): QuerySource {
  if (isPool(target)) {
    return PoolHook.of(target as unknown as PgPool);
  }
  if (!isDataSource(target)) {
    throw new InvalidValueError(
      `A value of type ${typeof target} cannot be watched; allowed: a DataSource of TypeORM or a Pool of pg.`,
    );
  }
  const dataSource = target as TypeOrmDataSource;
  const known = sources.get(dataSource);
  if (known !== undefined) {
    return known;
  }
  const { driver, options } = dataSource;
  const kind = options?.type ?? 'data source';
  const destruction = new DestroyHook(dataSource);
  const source =
    driver.postgres === undefined
      ? new QueryRunnerDataSourceHook(driver, kind, destruction)
      : new PgDataSourceHook(driver, kind, destruction);
  sources.set(dataSource, source);
  return source;
}
