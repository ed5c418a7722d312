import type { CatalogFamily } from './catalog-family.js';

const group = 'Statement cache';
const when = 'there is a data source with pools of pg; 0 unless `statementCache` is on';

export const STMT_CACHE_HITS_TOTAL = {
  name: 'stmt_cache_hits_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements that were already prepared on their connection.',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const STMT_CACHE_MISSES_TOTAL = {
  name: 'stmt_cache_misses_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements that were prepared, because their connection did not have them.',
  group,
  when,
  contract: true,
  meaning:
    'Statements that are never or not yet prepared (first use, too long, denied, without parameters) are neither hits nor misses.',
} as const satisfies CatalogFamily;

export const STMT_CACHE_EVICTIONS_TOTAL = {
  name: 'stmt_cache_evictions_total',
  type: 'counter',
  labelNames: [],
  help: 'Total prepared statements that were closed to make room.',
  group,
  when,
  contract: true,
  meaning: 'Rising steadily: a connection uses more statements than `statementCache.maxEntries`.',
} as const satisfies CatalogFamily;

export const STMT_CACHE_ENTRIES = {
  name: 'stmt_cache_entries',
  type: 'gauge',
  labelNames: [],
  help: 'Prepared statements of all connections together.',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const STMT_CACHE_HIT_RATE = {
  name: 'stmt_cache_hit_rate',
  type: 'gauge',
  labelNames: [],
  help: 'Share of hits in all look-ups of the statement cache since the process started, from 0 to 1.',
  aggregation: 'ratio',
  group,
  when,
  contract: true,
  meaning: '0 without look-ups. For the current share, use the rates of hits and misses.',
} as const satisfies CatalogFamily;

export const STMT_CACHE_PLAN_REGRESSIONS_TOTAL = {
  name: 'stmt_cache_plan_regressions_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements that are no longer prepared, because they were clearly slower with the server’s generic plan.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;

export const STMT_CACHE_BYPASSES_TOTAL = {
  name: 'stmt_cache_bypasses_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements sent unprepared, because an earlier one in the same transaction may have changed their meaning.',
  group,
  when,
  contract: false,
  meaning:
    'Rising: transactions start with `SET LOCAL`, functions or temporary tables. The log names the first such statement.',
} as const satisfies CatalogFamily;

export const STATEMENT_CACHE_FAMILIES: readonly CatalogFamily[] = [
  STMT_CACHE_HITS_TOTAL,
  STMT_CACHE_MISSES_TOTAL,
  STMT_CACHE_EVICTIONS_TOTAL,
  STMT_CACHE_ENTRIES,
  STMT_CACHE_HIT_RATE,
  STMT_CACHE_PLAN_REGRESSIONS_TOTAL,
  STMT_CACHE_BYPASSES_TOTAL,
];
