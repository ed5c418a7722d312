// Writes docs/metrics.md from the catalog; with --check it only compares, and fails when the file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { CATALOG } from '../dist/esm/catalog/catalog.js';
import { DEFAULT_PREFIX, metricName } from '../dist/esm/catalog/metric-name.js';

const file = new URL('../docs/metrics.md', import.meta.url);

function row(family) {
  const labels = family.labelNames.map((label) => `\`${label}\``).join(', ') || 'none';
  return `| \`${metricName(family, DEFAULT_PREFIX)}\` | ${family.type} | ${labels} | ${family.contract ? 'yes' : 'no'} | ${family.when} |`;
}

function details(family) {
  const lines = [`### \`${metricName(family, DEFAULT_PREFIX)}\``, '', family.help];
  if (family.meaning !== undefined) {
    lines.push('', family.meaning);
  }
  if (family.buckets !== undefined) {
    lines.push('', `Buckets: ${family.buckets.join(', ')}, +Inf.`);
  }
  lines.push('', `Several sources become one by: ${family.aggregation ?? 'sum'}.`);
  return lines.join('\n');
}

const groups = new Map();
for (const family of CATALOG) {
  groups.set(family.group, [...(groups.get(family.group) ?? []), family]);
}

const text = [
  '# Metrics',
  '',
  '<!-- Generated from src/catalog by `npm run docs`. Do not edit. -->',
  '',
  `With the default prefix \`${DEFAULT_PREFIX}\`; the option \`prefix\` changes it. *Contract* families are those of the`,
  'reference document: their names, types, labels and default buckets do not change.',
  '',
  'Besides these, prom-client’s default process and Node.js metrics are exported under their standard names (option',
  '`runtimeMetrics`), and every metric that the application has in the same registry.',
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
