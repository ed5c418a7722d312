import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';

const page = readFileSync(new URL('../../../docs/exemplars.md', import.meta.url), 'utf8');

it('the page about exemplars lists the families that have them', () => {
  const [, table = ''] = /\| family [^\n]*\n([^]*?)\n\n/.exec(page) ?? [];
  const listed = [...table.matchAll(/^\| `…(\w+)`/gm)].map(([, name]) => name);
  const having = CATALOG.filter(({ exemplars }) => exemplars !== undefined).map(({ name }) => name);
  expect(new Set(listed)).toEqual(new Set(having));
});

it('only counters and histograms have exemplars: OpenMetrics allows no others', () => {
  const having = CATALOG.filter(({ exemplars }) => exemplars !== undefined);
  expect(having.filter(({ type }) => type === 'gauge')).toEqual([]);
  expect(having.filter(({ name, type }) => type === 'counter' && !name.endsWith('_total'))).toEqual([]);
});

/** This library's own work, which no request or job of the application causes. */
const OWN_WORK = ['db_pool_health_check_duration_seconds', 'metrics_scrape_duration_seconds'];

it('every histogram has exemplars, except those of own work', () => {
  const without = CATALOG.filter(({ type, exemplars }) => type === 'histogram' && exemplars === undefined);
  expect(without.map(({ name }) => name).toSorted()).toEqual(OWN_WORK);
});
