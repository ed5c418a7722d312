import type { Guide } from './guide.interface.js';

export const STATEMENT_CACHE_GUIDE: Guide = {
  stmt_cache_hits_total: {
    unit: 'statements',
    query: 'rate(#stmt_cache_hits_total[5m]) / rate(#db_queries_total[5m])',
    remedy:
      '**When few of all queries are hits**: the others have no values, or have them in their text. Use parameters.',
  },
  stmt_cache_misses_total: {
    unit: 'statements',
    query: 'rate(#stmt_cache_misses_total[5m])',
    remedy:
      '**When it stays high**: with evictions, raise `statementCache.maxEntries`. Without evictions, connections do not live long.',
  },
  stmt_cache_evictions_total: {
    unit: 'statements',
    query: 'rate(#stmt_cache_evictions_total[5m])',
    remedy:
      '**When it rises steadily**: more texts are in use than `statementCache.maxEntries`. Raise it if the server has the memory, or deny texts with values in them.',
  },
  stmt_cache_entries: {
    unit: 'statements',
    query: 'sum(#stmt_cache_entries)',
    remedy:
      '**When the server is short of memory**: each entry costs it 16 to 150 kB. Lower `statementCache.maxEntries`, or use fewer connections.',
  },
  stmt_cache_hit_rate: {
    unit: 'a share, from 0 to 1',
    query: '#stmt_cache_hit_rate',
    remedy:
      '**When it is low**: see evictions, and how long connections live. **When it is 0 with the cache on**: the cache has switched itself off, and a warning in the log says why.',
  },
  stmt_cache_plan_regressions_total: {
    unit: 'texts',
    query: 'increase(#stmt_cache_plan_regressions_total[1d])',
    remedy:
      '**When it rises**: the log has the text and both medians. The text has no name any more, so there is no hurry. Deny it (`statementCache.deny`), so that the next process need not find out again.',
  },
  stmt_cache_bypasses_total: {
    unit: 'statements',
    query: 'rate(#stmt_cache_bypasses_total[5m])',
    remedy:
      '**When it rises**: transactions begin with `SET LOCAL`, with a function that is `VOLATILE`, or with a temporary table. The log has the first of these statements. Answers are right, but the server plans the statements after it each time. See [named-statements.md](named-statements.md#what-a-statement-means).',
  },
};
