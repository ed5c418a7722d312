import { InvalidValueError } from '../../core/errors.js';
import { Subscriptions } from '../../core/tool/subscriptions.js';
import {
  type DataSourceLike,
  type Instrumentable,
  isDataSource,
  isPool,
} from '../../options/instrumentable.interface.js';
import type { PgPool } from '../pg/pg.interface.js';
import { PoolHook } from '../pg/pool-hook.js';
import type { QuerySource } from '../source/query-source.interface.js';
import { PgDataSourceHook } from '../typeorm/pg-data-source-hook.js';
import { QueryRunnerDataSourceHook } from '../typeorm/query-runner-hook.js';
import type { TypeOrmDataSource } from '../typeorm/typeorm.interface.js';

/** Sources that may come and go. */
export type Sources = Subscriptions<QuerySource>;

const known = new WeakMap<DataSourceLike, QuerySource>();

/**
 * Returns the source of a data source or a pool, always the same one.
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
  let source = known.get(dataSource);
  if (source === undefined) {
    source =
      dataSource.driver.postgres === undefined
        ? new QueryRunnerDataSourceHook(dataSource)
        : new PgDataSourceHook(dataSource);
    known.set(dataSource, source);
  }
  return source;
}

/**
 * Returns the sources of data sources and pools; a set of sources as it is.
 *
 * @throws {@link InvalidValueError} on anything else.
 */
export function sourcesOf(targets: Instrumentable | readonly Instrumentable[] | Sources): Sources {
  if (targets instanceof Subscriptions) {
    return targets;
  }
  const sources: Sources = new Subscriptions();
  for (const target of [targets].flat()) {
    sources.add(querySourceOf(target));
  }
  return sources;
}
