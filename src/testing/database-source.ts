import { HyperMetricsError } from '../core/errors.js';
import { querySourceOf } from '../database/drivers/query-source.js';
import type { QuerySource } from '../database/source/query-source.interface.js';
import { type Instrumentable, isDataSource, isPool } from '../options/instrumentable.interface.js';
import type { MetricsService } from '../service/metrics.service.js';
import { metricsServiceOf, type ProviderContainer } from './metrics-source.js';

/**
 * The databases that `queriesOf()` and `assertQueries()` observe: those of a Nest application, microservice, application context or
 * `TestingModule` that imports `HyperMetricsModule`, or of its `MetricsService`; or one `DataSource` of TypeORM or `Pool` of `pg`.
 */
export type DatabaseSource = MetricsService | ProviderContainer | Instrumentable;

/** @throws `HyperMetricsError` if there is no database to observe. */
export function openDatabases(source: DatabaseSource): readonly QuerySource[] {
  if (isPool(source) || isDataSource(source)) {
    return [querySourceOf(source)];
  }
  const databases = metricsServiceOf(
    source,
    'The source of queries must be a Nest application or TestingModule, a MetricsService, a DataSource of TypeORM or a Pool of pg',
  ).databases();
  if (databases === undefined) {
    throw new HyperMetricsError(
      'The databases of the application are not observed: its metrics are switched off. Remove `enabled: false` in tests, or pass ' +
        'the DataSource or Pool in place of the application.',
    );
  }
  if (databases.length === 0) {
    throw new HyperMetricsError(
      'The application has no observed database: no DataSource of TypeORM among its providers, and none in the option ' +
        '`dataSources`. Add pools of pg and other data sources there or with MetricsService.instrument(), or pass them in place of ' +
        'the application.',
    );
  }
  return databases;
}
