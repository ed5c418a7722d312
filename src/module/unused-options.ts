import type { Logger } from '../core/tool/logger.js';
import type { WatchedDatabase } from '../database/application-database.js';
import { DEFAULT_HEALTH_CHECKER_OPTIONS } from '../options/default-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/**
 * Warns once of options that were set, differ from their defaults, and have no effect because no data source has pools of pg.
 * Says nothing where no data source was found: modules that are loaded later may bring one.
 */
export function warnOfUnusedOptions(
  options: ResolvedOptions,
  databases: readonly WatchedDatabase[],
  logger: Logger,
): void {
  const isFinal = databases.length > 0 || options.dataSources !== undefined;
  const unused = needingPools(options);
  if (!isFinal || unused.length === 0 || databases.some(({ hasPools }) => hasPools)) {
    return;
  }
  const kinds = [...new Set(databases.map(({ kind }) => kind))];
  logger.warn(
    `${unused.join(', ')}: no effect without a pool of pg, and the application ` +
      `${kinds.length === 0 ? 'has no data source' : `has data sources of another type only (${kinds.join(', ')})`}. ` +
      "Remove what is not needed, or add a pg.Pool or a data source of type 'postgres' or 'cockroachdb'.",
  );
}

function needingPools({ pools, queryTimer, statementCache, healthChecker }: ResolvedOptions): string[] {
  const { intervalSeconds, timeoutMs } = DEFAULT_HEALTH_CHECKER_OPTIONS;
  const hasOwnChecks =
    healthChecker !== false &&
    (healthChecker.intervalSeconds !== intervalSeconds || healthChecker.timeoutMs !== timeoutMs);
  return [
    ...(statementCache === false ? [] : ['statementCache']),
    ...(queryTimer !== false && queryTimer.slowQueryLog !== false ? ['queryTimer.slowQueryLog'] : []),
    ...(pools !== false && pools.perPool ? ['pools.perPool'] : []),
    ...(hasOwnChecks ? ['healthChecker'] : []),
  ];
}
