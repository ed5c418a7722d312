import { describe, expect, it } from 'vitest';
import type {
  StatementCache,
  StatementCacheStats,
} from '../../../../src/database/statement-cache/statement-cache.js';
import { StatementMetrics } from '../../../../src/database/statement-cache/statement-metrics.js';

class FakeCache {
  stats: StatementCacheStats = {
    hits: 0,
    misses: 0,
    evictions: 0,
    entries: 0,
    hitRate: 0,
    planRegressions: 0,
    bypasses: 0,
  };
  getStats(): StatementCacheStats {
    return this.stats;
  }
  did(stats: Partial<StatementCacheStats>): void {
    this.stats = { ...this.stats, ...stats };
  }
}

const watch = (metrics: StatementMetrics, cache: FakeCache): (() => void) =>
  metrics.watch(cache as unknown as StatementCache);

/** Without the prefix that they share. */
function valuesOf(metrics: StatementMetrics): Record<string, unknown> {
  return Object.fromEntries(
    metrics
      .collect()
      .map(({ descriptor, values }) => [descriptor.name.replace('stmt_cache_', ''), values[0]]),
  );
}

const ZEROS = {
  hits_total: 0,
  misses_total: 0,
  evictions_total: 0,
  bypasses_total: 0,
  entries: 0,
  hit_rate: 0,
  plan_regressions_total: 0,
};

describe('what statement caches did', () => {
  it('is 0 without look-ups, the hit rate too', () => {
    const metrics = new StatementMetrics();
    expect(valuesOf(metrics)).toEqual(ZEROS);
    watch(metrics, new FakeCache());
    expect(valuesOf(metrics)).toEqual(ZEROS);
  });

  it('is the sum of all, the hit rate that of the sums', () => {
    const metrics = new StatementMetrics();
    const caches = [new FakeCache(), new FakeCache()] as const;
    caches.forEach((cache) => watch(metrics, cache));
    caches[0].did({ hits: 9, misses: 1, evictions: 2, entries: 3, planRegressions: 1, bypasses: 4 });
    caches[1].did({ hits: 0, misses: 10, evictions: 0, entries: 4, bypasses: 1 });
    expect(valuesOf(metrics)).toEqual({
      hits_total: 9,
      misses_total: 11,
      evictions_total: 2,
      entries: 7,
      hit_rate: 0.45,
      plan_regressions_total: 1,
      bypasses_total: 5,
    });
    // What the rates of several processes are merged from.
    const rate = metrics.collect().find(({ descriptor }) => descriptor.name === 'stmt_cache_hit_rate');
    expect(rate?.descriptor.aggregation).toBe('ratio');
    expect([rate?.sums, rate?.counts]).toEqual([Float64Array.of(9), Float64Array.of(20)]);
  });

  it('counts from when it is watched, once for several sources, and stays when it is watched no longer', () => {
    const metrics = new StatementMetrics();
    const cache = new FakeCache();
    cache.did({ hits: 100, misses: 100, entries: 5 });
    const ends = [watch(metrics, cache), watch(metrics, cache)];
    expect(valuesOf(metrics)).toEqual({ ...ZEROS, entries: 5 });
    cache.did({ hits: 103, misses: 101 });
    const expected = { ...ZEROS, hits_total: 3, misses_total: 1, hit_rate: 0.75 };
    expect(valuesOf(metrics)).toEqual({ ...expected, entries: 5 });
    ends[0]?.();
    expect(valuesOf(metrics)).toEqual({ ...expected, entries: 5 });
    ends[1]?.();
    cache.did({ hits: 1000 });
    expect(valuesOf(metrics)).toEqual(expected);
  });
});
