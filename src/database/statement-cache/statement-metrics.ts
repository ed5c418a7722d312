import {
  STATEMENT_CACHE_FAMILIES,
  STMT_CACHE_BYPASSES_TOTAL,
  STMT_CACHE_ENTRIES,
  STMT_CACHE_EVICTIONS_TOTAL,
  STMT_CACHE_HIT_RATE,
  STMT_CACHE_HITS_TOTAL,
  STMT_CACHE_MISSES_TOTAL,
  STMT_CACHE_PLAN_REGRESSIONS_TOTAL,
} from '../../catalog/statement-cache.catalog.js';
import type { Collector } from '../../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../../core/family-snapshot.js';
import { Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { StatementCache, StatementCacheStats } from './statement-cache.js';

/** The counters. The other values are gauges or derived. */
type Counts = Pick<StatementCacheStats, 'hits' | 'misses' | 'evictions' | 'planRegressions' | 'bypasses'>;

const NOTHING: Counts = { hits: 0, misses: 0, evictions: 0, planRegressions: 0, bypasses: 0 };

/** Sums the counts of statement caches since they were added. Counts of removed caches stay in the sums. */
export class StatementMetrics implements Collector {
  readonly name = 'stmt_cache';
  readonly families = STATEMENT_CACHE_FAMILIES;
  private readonly caches = new Subscriptions<StatementCache>();
  /** The counts of each cache when it was added. */
  private readonly before = new Map<StatementCache, Counts>();
  /** The counts of caches that were removed. */
  private removed = NOTHING;

  constructor() {
    this.caches.each((cache) => {
      this.before.set(cache, cache.getStats());
      return () => {
        this.removed = sum(this.removed, this.countsOf(cache));
        this.before.delete(cache);
      };
    });
  }

  /** Adds the counts of a cache until the returned function is called. */
  watch(cache: StatementCache): Undo {
    return this.caches.add(cache);
  }

  collect(): readonly FamilySnapshot[] {
    const { list } = this.caches;
    const { hits, misses, evictions, planRegressions, bypasses } = list.reduce(
      (total, cache) => sum(total, this.countsOf(cache)),
      this.removed,
    );
    const entries = list.reduce((total, cache) => total + cache.getStats().entries, 0);
    return [
      scalarSnapshot(STMT_CACHE_HITS_TOTAL, [{ labelRow: [], value: hits }]),
      scalarSnapshot(STMT_CACHE_MISSES_TOTAL, [{ labelRow: [], value: misses }]),
      scalarSnapshot(STMT_CACHE_EVICTIONS_TOTAL, [{ labelRow: [], value: evictions }]),
      scalarSnapshot(STMT_CACHE_ENTRIES, [{ labelRow: [], value: entries }]),
      {
        ...scalarSnapshot(STMT_CACHE_HIT_RATE, [
          { labelRow: [], value: hits + misses === 0 ? 0 : hits / (hits + misses) },
        ]),
        // The rate of several processes is that of their sums.
        sums: Float64Array.of(hits),
        counts: Float64Array.of(hits + misses),
      },
      scalarSnapshot(STMT_CACHE_PLAN_REGRESSIONS_TOTAL, [{ labelRow: [], value: planRegressions }]),
      scalarSnapshot(STMT_CACHE_BYPASSES_TOTAL, [{ labelRow: [], value: bypasses }]),
    ];
  }

  private countsOf(cache: StatementCache): Counts {
    return difference(cache.getStats(), this.before.get(cache) ?? NOTHING);
  }
}

function sum(a: Counts, b: Counts): Counts {
  return combine(a, b, (one, other) => one + other);
}

function difference(a: Counts, b: Counts): Counts {
  return combine(a, b, (one, other) => one - other);
}

function combine(a: Counts, b: Counts, of: (one: number, other: number) => number): Counts {
  return {
    hits: of(a.hits, b.hits),
    misses: of(a.misses, b.misses),
    evictions: of(a.evictions, b.evictions),
    planRegressions: of(a.planRegressions, b.planRegressions),
    bypasses: of(a.bypasses, b.bypasses),
  };
}
