// Writes docs/metrics.md from the catalog and the guide; with --check it only compares, and fails when the file is stale.
import { CATALOG } from '../dist/esm/catalog/catalog.js';
import { DEFAULT_PREFIX, metricName } from '../dist/esm/catalog/metric-name.js';
import { writeExpression, writeProse } from '../dist/esm/monitoring/expression.js';
import { GUIDE } from '../dist/esm/monitoring/guide/guide.js';
import { writeOrCompare } from './write-or-compare.mjs';

const names = CATALOG.map(({ name }) => name);
const undescribed = names.filter((name) => !Object.hasOwn(GUIDE, name));
const unknown = Object.keys(GUIDE).filter((name) => !names.includes(name));
if (undescribed.length + unknown.length > 0) {
  throw new Error(
    `src/monitoring/guide lacks ${undescribed.join(', ') || 'nothing'}; not in the catalog: ${unknown.join(', ') || 'nothing'}.`,
  );
}

function row(family) {
  const labels = family.labelNames.map((label) => `\`${label}\``).join(', ') || 'none';
  return `| \`${metricName(family, DEFAULT_PREFIX)}\` | ${family.type} | ${labels} | ${family.contract ? 'yes' : 'no'} | ${family.when} |`;
}

/** GitHub's anchor of a heading. */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function details(family) {
  const { unit, query, remedy } = GUIDE[family.name];
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
  if (family.exemplars !== undefined) {
    lines.push('', `[Exemplars](exemplars.md): the trace ${family.exemplars}.`);
  }
  lines.push(
    '',
    `Unit: ${unit}. Aggregated over pools, data sources and processes by: ${family.aggregation ?? 'sum'}.`,
  );
  const prefix = DEFAULT_PREFIX;
  lines.push('', '```promql', writeExpression(query, { prefix }), '```', '', writeProse(remedy, prefix));
  return lines.join('\n');
}

const groups = new Map();
for (const family of CATALOG) {
  groups.set(family.group, [...(groups.get(family.group) ?? []), family]);
}

const text = [
  '# Metrics',
  '',
  '<!-- Generated from src/catalog and src/monitoring/guide by `npm run docs`. Do not edit. -->',
  '',
  'Look up each family: its type, labels, meaning and unit, a query, and what to do when the value is bad.',
  `Names have the default prefix \`${DEFAULT_PREFIX}\`; the option \`prefix\` changes it. *Contract* families have the names, types,`,
  'labels and default buckets of HyperDjango’s metrics, and keep them.',
  '',
  [...groups.keys()].map((group) => `**[${group}](#${anchor(group)})**`).join(' · '),
  '',
  '[operating.md](operating.md), [database.md](database.md), [pools.md](pools.md),',
  '[queries-per-request.md](queries-per-request.md) and [statement-cache.md](statement-cache.md)',
  'have more queries, [alerts.md](alerts.md) has the alerts.',
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

writeOrCompare('docs/metrics.md', text);
