import { type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ApplicationDatabase, type NamedDatabase } from '../database/application-database.js';
import { PoolHealthChecker } from '../database/health/pool-health-checker.js';
import { PerformanceTracker } from '../database/performance/performance-tracker.js';
import { PoolTracker } from '../database/pool/pool-tracker.js';
import { QueryTimer } from '../database/query/query-timer.js';
import { SlowQueryLog } from '../database/slow-query-log/slow-query-log.js';
import { StatementCache } from '../database/statement-cache/statement-cache.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_DATABASE,
  APPLICATION_REGISTRY,
  APPLICATION_SCOPES,
  HYPER_METRICS_OPTIONS,
} from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { DatabaseFinder } from './database-finder.js';
import { logger } from './logger.providers.js';

/** Providers of the database services. They are inert if switched off or without a data source. */
export const databaseProviders: Provider[] = [
  {
    provide: APPLICATION_DATABASE,
    useFactory: (
      registry: RegistryLease,
      options: ResolvedOptions,
      tracker: PerformanceTracker,
      modules: ModulesContainer,
    ) => new ApplicationDatabase(registry, options, tracker, logger, databasesOf(options, modules)),
    inject: [APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS, PerformanceTracker, ModulesContainer],
  },
  {
    provide: PerformanceTracker,
    useFactory: (registry: RegistryLease, { performance }: ResolvedOptions, scopes: ScopeOpener) =>
      new PerformanceTracker(performance, logger, scopes, () => registry.countError('db_performance')),
    inject: [APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS, APPLICATION_SCOPES],
  },
  {
    provide: QueryTimer,
    useFactory: ({ timer }: ApplicationDatabase) => timer,
    inject: [APPLICATION_DATABASE],
  },
  {
    provide: PoolTracker,
    useFactory: ({ poolTracker }: ApplicationDatabase) => poolTracker,
    inject: [APPLICATION_DATABASE],
  },
  {
    provide: SlowQueryLog,
    useFactory: ({ slowQueryLog }: ApplicationDatabase) => slowQueryLog,
    inject: [APPLICATION_DATABASE],
  },
  {
    provide: StatementCache,
    useFactory: ({ statementCache }: ApplicationDatabase) => statementCache,
    inject: [APPLICATION_DATABASE],
  },
  {
    provide: PoolHealthChecker,
    useFactory: ({ checker }: ApplicationDatabase) => checker,
    inject: [APPLICATION_DATABASE],
  },
];

function databasesOf({ dataSources }: ResolvedOptions, modules: ModulesContainer): () => NamedDatabase[] {
  if (dataSources !== undefined) {
    return () => dataSources.map((target) => ({ target }));
  }
  const finder = new DatabaseFinder(modules);
  return () => finder.find();
}
