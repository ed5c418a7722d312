import type { CatalogFamily } from './catalog-family.js';

const group = 'Statement cache';
const when = 'there is a data source with pools of pg; 0 unless `statementCache` is on';

export const STMT_CACHE_HITS_TOTAL = {
  name: 'stmt_cache_hits_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements that the server had prepared already.',
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
    'Statements that get no name (seen for the first time, too long, denied, of no parameters) are neither hits nor misses.',
} as const satisfies CatalogFamily;

export const STMT_CACHE_EVICTIONS_TOTAL = {
  name: 'stmt_cache_evictions_total',
  type: 'counter',
  labelNames: [],
  help: 'Total prepared statements that were closed to make room.',
  group,
  when,
  contract: true,
  meaning: 'Rising steadily: more statements are in use than `statementCache.maxEntries` on a connection.',
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
  meaning: '0 without look-ups. For the present, take the rates of hits and misses.',
} as const satisfies CatalogFamily;

export const STMT_CACHE_PLAN_REGRESSIONS_TOTAL = {
  name: 'stmt_cache_plan_regressions_total',
  type: 'counter',
  labelNames: [],
  help: 'Total texts that are prepared no longer, because they became clearly slower with the server’s generic plan.',
  group,
  when,
  contract: false,
} as const satisfies CatalogFamily;

export const STMT_CACHE_BYPASSES_TOTAL = {
  name: 'stmt_cache_bypasses_total',
  type: 'counter',
  labelNames: [],
  help: 'Total statements sent without their name, because an earlier one in the same transaction may have changed what they mean.',
  group,
  when,
  contract: false,
  meaning:
    'Rising: transactions begin with `SET LOCAL`, functions or temporary tables. The log names the first of these statements.',
} as const satisfies CatalogFamily;
