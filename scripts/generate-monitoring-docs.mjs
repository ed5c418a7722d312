// Writes what the functions of nestjs-hyper-metrics/monitoring return for the defaults: docs/prometheus/rules.yml, docs/grafana/dashboard.json,
// and the page of alerts; with --check it only compares.
import { DEFAULT_PREFIX } from '../dist/esm/catalog/metric-name.js';
import { grafanaDashboard, prometheusRules, toYaml } from '../dist/esm/monitoring.js';
import { writeExpression, writeProse } from '../dist/esm/monitoring/expression.js';
import { alertGroups } from '../dist/esm/monitoring/rules/prometheus-rules.js';
import { writeOrCompare } from './write-or-compare.mjs';

const HEADINGS = {
  service: 'Requests and the process',
  'database-alerts': 'Databases',
  queries: 'Repeated queries and prepared statements',
  schedules: 'Scheduled jobs',
  metrics: 'Scrapes',
  'slo-alerts': 'Service level objectives',
};

const prefix = DEFAULT_PREFIX;
const groups = alertGroups();
const untitled = groups.filter(({ name }) => !Object.hasOwn(HEADINGS, name));
if (untitled.length > 0) {
  throw new Error(`There is no heading for ${untitled.map(({ name }) => name).join(', ')}.`);
}

function row({ alert, severity, summary, for: duration }) {
  return `| [\`${alert}\`](#${alert.toLowerCase()}) | ${severity} | ${duration} | ${summary} |`;
}

function section({ alert, expr, for: duration, severity, summary, remedy, needsJob = false }) {
  const scope = needsJob ? ' Rules that are made with `--job` have it, such as `--job shop`:' : '';
  return [
    `### ${alert}`,
    '',
    summary,
    '',
    `Severity: ${severity}. Fires when this has been true for ${duration}.${scope}`,
    '',
    '```promql',
    writeExpression(expr, { prefix, matchers: needsJob ? ['job="shop"'] : [] }),
    '```',
    '',
    writeProse(remedy, prefix),
  ].join('\n');
}

writeOrCompare(
  'docs/alerts.md',
  [
    '# Alerts',
    '',
    '<!-- Generated from src/monitoring/rules by `npm run docs`. Do not edit. -->',
    '',
    'Find what an alert of [`prometheus/rules.yml`](prometheus/rules.yml) means, and what to do when it fires.',
    '[monitoring.md](monitoring.md) says how to make this file for your prefix, your job and the metrics that your application has.',
    'Adapt numbers and times to your service.',
    '',
    '- **critical**: act now. Users notice, or will soon.',
    '- **warning**: act today.',
    '- **info**: act when there is time.',
    '',
    '| alert | severity | for | summary |',
    '| --- | --- | --- | --- |',
    ...groups.flatMap(({ rules }) => rules.map(row)),
    ...groups.flatMap(({ name, rules }) => [
      '',
      `## ${HEADINGS[name]}`,
      ...rules.flatMap((rule) => ['', section(rule)]),
    ]),
    '',
  ].join('\n'),
);

writeOrCompare(
  'docs/prometheus/rules.yml',
  `# What \`npx nestjs-hyper-metrics rules\` writes. Generated from src/monitoring/rules by \`npm run docs\`. Do not edit.\n${toYaml(prometheusRules())}`,
);
// A line for each panel: half as long as with indentation, and a change of one is a change of one line.
const { panels, ...shell } = grafanaDashboard();
const lines = panels.map((panel) => JSON.stringify(panel)).join(',\n');
writeOrCompare(
  'docs/grafana/dashboard.json',
  `${JSON.stringify({ ...shell, panels: [] }).replace(/\[\]}$/, () => `[\n${lines}\n]}`)}\n`,
);
