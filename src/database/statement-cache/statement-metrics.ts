import {
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
import type { StatementCache, StatementCacheStats } from './statement-cache.js';

/** What is counted; the rest follows from it, or is of the moment. */
type Counts = Pick<StatementCacheStats, 'hits' | 'misses' | 'evictions' | 'planRegressions' | 'bypasses'>;

const NOTHING: Counts = { hits: 0, misses: 0, evictions: 0, planRegressions: 0, bypasses: 0 };

/** Reads what caches have done since they were watched. What those did that are watched no longer stays in the sums. */
export class StatementMetrics implements Collector {
  readonly name = 'stmt_cache';
  readonly families = [
    STMT_CACHE_HITS_TOTAL,
    STMT_CACHE_MISSES_TOTAL,
    STMT_CACHE_EVICTIONS_TOTAL,
    STMT_CACHE_ENTRIES,
    STMT_CACHE_HIT_RATE,
    STMT_CACHE_PLAN_REGRESSIONS_TOTAL,
    STMT_CACHE_BYPASSES_TOTAL,
  ];
  private readonly watched = new Map<StatementCache, { users: number; readonly before: Counts }>();
  private left = NOTHING;

  /** Watches a cache until the result is called. */
  watch(cache: StatementCache): () => void {
    const known = this.watched.get(cache) ?? { users: 0, before: cache.getStats() };
    known.users += 1;
    this.watched.set(cache, known);
    return () => {
      known.users -= 1;
      if (known.users === 0) {
        this.watched.delete(cache);
        this.left = sum(this.left, difference(cache.getStats(), known.before));
      }
    };
  }

  collect(): readonly FamilySnapshot[] {
    const caches = [...this.watched];
    const { hits, misses, evictions, planRegressions, bypasses } = caches.reduce(
      (total, [cache, { before }]) => sum(total, difference(cache.getStats(), before)),
      this.left,
    );
    const entries = caches.reduce((total, [cache]) => total + cache.getStats().entries, 0);
    return [
      scalarSnapshot(STMT_CACHE_HITS_TOTAL, [{ labelRow: [], value: hits }]),
      scalarSnapshot(STMT_CACHE_MISSES_TOTAL, [{ labelRow: [], value: misses }]),
      scalarSnapshot(STMT_CACHE_EVICTIONS_TOTAL, [{ labelRow: [], value: evictions }]),
      scalarSnapshot(STMT_CACHE_ENTRIES, [{ labelRow: [], value: entries }]),
      scalarSnapshot(STMT_CACHE_HIT_RATE, [
        { labelRow: [], value: hits + misses === 0 ? 0 : hits / (hits + misses) },
      ]),
      scalarSnapshot(STMT_CACHE_PLAN_REGRESSIONS_TOTAL, [{ labelRow: [], value: planRegressions }]),
      scalarSnapshot(STMT_CACHE_BYPASSES_TOTAL, [{ labelRow: [], value: bypasses }]),
    ];
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
