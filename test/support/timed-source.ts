import { Registry } from 'prom-client';
import { DatabaseMetrics } from '../../src/database/database-metrics.js';
import { QueryTimer } from '../../src/database/query/query-timer.js';
import type { QueryTimerOptions } from '../../src/options/database-options.interface.js';
import type { Instrumentable } from '../../src/options/instrumentable.interface.js';
import { MetricsRegistry } from '../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../src/service/expose-as-text.js';
import { readExposition } from './exposition.js';

/** What the families tell of queries; what is 0 is left out. */
export interface CountedQueries {
  readonly operations: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly inFlight: number | undefined;
}

/** An installed timer of data sources or pools, with a registry of its own. */
export function timeQueries(
  targets: Instrumentable | readonly Instrumentable[],
  options?: QueryTimerOptions,
) {
  const registry = new MetricsRegistry(new Registry(), 'app_');
  const timer = new QueryTimer(targets, options).install();
  DatabaseMetrics.of(registry).registerTimer(timer);
  const scrape = async () => readExposition(await exposeAsText(registry));
  return {
    timer,
    scrape,
    async counted(): Promise<CountedQueries> {
      const series = await scrape();
      return {
        operations: byLabel(series, 'app_db_query_duration_seconds_count', 'operation'),
        errors: byLabel(series, 'app_db_query_errors_total', 'sqlstate_class'),
        inFlight: series.get('app_db_queries_in_flight'),
      };
    },
    async acquired(): Promise<Readonly<Record<string, number>>> {
      return byLabel(await scrape(), 'app_db_pool_acquire_duration_seconds_count', 'result');
    },
  };
}

function byLabel(series: ReadonlyMap<string, number>, family: string, label: string): Record<string, number> {
  const start = `${family}{${label}="`;
  return Object.fromEntries(
    [...series]
      .filter(([name, value]) => name.startsWith(start) && value !== 0)
      .map(([name, value]) => [name.slice(start.length, -'"}'.length), value]),
  );
}
