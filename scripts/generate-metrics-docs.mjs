// Writes docs/metrics.md from the catalog and the guide; with --check it only compares, and fails when the file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { CATALOG } from '../dist/esm/catalog/catalog.js';
import { DEFAULT_PREFIX, metricName } from '../dist/esm/catalog/metric-name.js';
import { METRICS_GUIDE } from './metrics-guide.mjs';

const file = new URL('../docs/metrics.md', import.meta.url);

const names = CATALOG.map(({ name }) => name);
const undescribed = names.filter((name) => !Object.hasOwn(METRICS_GUIDE, name));
const unknown = Object.keys(METRICS_GUIDE).filter((name) => !names.includes(name));
if (undescribed.length + unknown.length > 0) {
  throw new Error(
    `scripts/metrics-guide.mjs lacks ${undescribed.join(', ') || 'nothing'}; not in the catalog: ${unknown.join(', ') || 'nothing'}.`,
  );
}

function row(family) {
  const labels = family.labelNames.map((label) => `\`${label}\``).join(', ') || 'none';
  return `| \`${metricName(family, DEFAULT_PREFIX)}\` | ${family.type} | ${labels} | ${family.contract ? 'yes' : 'no'} | ${family.when} |`;
}

function details(family) {
  const { unit, query, bad } = METRICS_GUIDE[family.name];
  const lines = [`### \`${metricName(family, DEFAULT_PREFIX)}\``, '', family.help];
  if (family.meaning !== undefined) {
    lines.push('', family.meaning);
  }
  if (family.buckets !== undefined) {
    lines.push('', `Buckets: ${family.buckets.join(', ')}, +Inf.`);
  }
  if (family.atZero !== undefined || (family.labelNames.length > 0 && family.type !== 'gauge')) {
    lines.push('', `Exported at 0: ${family.atZero ?? 'no series'}.`);
  }
  lines.push(
    '',
    `Unit: ${unit}. Aggregated over pools, data sources and processes by: ${family.aggregation ?? 'sum'}.`,
  );
  lines.push('', '```promql', query, '```', '', bad);
  return lines.join('\n');
}

const groups = new Map();
for (const family of CATALOG) {
  groups.set(family.group, [...(groups.get(family.group) ?? []), family]);
}

const text = [
  '# Metrics',
  '',
  '<!-- Generated from src/catalog and scripts/metrics-guide.mjs by `npm run docs`. Do not edit. -->',
  '',
  `With the default prefix \`${DEFAULT_PREFIX}\`; the option \`prefix\` changes it. *Contract* families are those of the`,
  'reference document: their names, types, labels and default buckets do not change.',
  '',
  'Each family has a first query, and what to do when the value is bad. [operating.md](operating.md),',
  '[database.md](database.md), [queries-per-request.md](queries-per-request.md) and [statement-cache.md](statement-cache.md)',
  'have more queries and alerts.',
  '',
  'Families without labels are exported at 0 before their first value, or are gauges that are read at the scrape. A series of a',
  'labelled family begins with its first value, which `rate()` does not see. The exceptions are named as "Exported at 0": their',
  'labels are known and few. See [the first failure of a process](operating.md#the-first-failure-of-a-process).',
  '',
  'Also exported are prom-client’s default process and Node.js metrics under their standard names (option `runtimeMetrics`),',
  'and every other metric of the application in the same registry.',
  ...[...groups].flatMap(([group, families]) => [
    '',
    `## ${group}`,
    '',
    '| name | type | labels | contract | exported when |',
    '| --- | --- | --- | --- | --- |',
    ...families.map(row),
    ...families.flatMap((family) => ['', details(family)]),
  ]),
  '',
].join('\n');

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/metrics.md is stale: run `npm run docs` and commit the result.');
  process.exitCode = 1;
}
