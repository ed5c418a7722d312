import type { Logger } from '../../core/tool/logger.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import type { Undo } from '../../core/tool/subscriptions.js';
import type { QuerySource } from '../source/query-source.interface.js';
import { areHealthy, type PoolHealthChecker } from './pool-health-checker.js';

/**
 * Logs a warning when a source becomes unhealthy, and a line when it is healthy again, until the returned function is called.
 * Between the two it logs nothing.
 *
 * @param logger - must not throw
 * @param nameOf - returns the name of a source
 */
export function logHealth(
  checker: PoolHealthChecker,
  logger: Logger,
  nameOf: (source: QuerySource) => string,
): Undo {
  /** The time of the warning, by source. */
  const unhealthySinceMs = new WeakMap<QuerySource, number>();
  return checker.onCheck((source, { failure }) => {
    const isHealthy = areHealthy(checker.healthOf(source));
    const sinceMs = unhealthySinceMs.get(source);
    if (isHealthy === false && sinceMs === undefined && failure !== undefined) {
      unhealthySinceMs.set(source, nowMs());
      logger.warn(
        `Health check of the database "${nameOf(source)}" fails: ${failure}. A line follows when it succeeds again.`,
      );
    } else if (isHealthy === true && sinceMs !== undefined) {
      unhealthySinceMs.delete(source);
      const seconds = Math.round((nowMs() - sinceMs) / 1000);
      logger.log(`Health check of the database "${nameOf(source)}" succeeds again after ${seconds} s.`);
    }
  });
}
