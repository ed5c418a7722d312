import type { FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import type { ExpositionFormat } from './exposition-format.js';

/**
 * The Prometheus text format 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const textFormat: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  encode: (family) => Buffer.from(familyText(family)),
};

function familyText(family: FamilySnapshot): string {
  const { name, help, type } = family.descriptor;
  let text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  family.labelRows.forEach((row, index) => {
    const labels = labelText(family, row);
    switch (type) {
      case 'histogram':
        text += histogramText(family, index, labels);
        break;
      case 'summary':
        text += summaryText(family, index, labels);
        break;
      default:
        text += sample(name, labels, family.values[index]);
    }
  });
  return text;
}

function histogramText({ descriptor, values, sums }: FamilySnapshot, row: number, labels: string): string {
  const { name, buckets = [] } = descriptor;
  const bounds = [...buckets.map(formatNumber), '+Inf'];
  let text = '';
  let count = 0;
  bounds.forEach((bound, bucket) => {
    count += values[row * bounds.length + bucket] as number;
    text += sample(`${name}_bucket`, join(labels, `le="${bound}"`), count);
  });
  return text + sample(`${name}_sum`, labels, sums?.[row]) + sample(`${name}_count`, labels, count);
}

function summaryText(
  { descriptor, values, sums, counts }: FamilySnapshot,
  row: number,
  labels: string,
): string {
  const { name, quantiles = [] } = descriptor;
  const parts = quantiles.map((quantile, column) =>
    sample(
      name,
      join(labels, `quantile="${formatNumber(quantile)}"`),
      values[row * quantiles.length + column],
    ),
  );
  return (
    parts.join('') +
    sample(`${name}_sum`, labels, sums?.[row]) +
    sample(`${name}_count`, labels, counts?.[row])
  );
}

function sample(name: string, labels: string, value: number | undefined): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${formatNumber(value ?? Number.NaN)}\n`;
}

/** The series' own labels in the declared order, then the constant labels it does not have itself. */
function labelText({ descriptor, constantLabels = {} }: FamilySnapshot, row: LabelRow): string {
  const pairs: string[] = [];
  descriptor.labelNames.forEach((name, index) => {
    const value = row[index];
    if (value !== undefined) {
      pairs.push(pair(name, value));
    }
  });
  for (const [name, value] of Object.entries(constantLabels)) {
    const position = descriptor.labelNames.indexOf(name);
    if (position < 0 || row[position] === undefined) {
      pairs.push(pair(name, value));
    }
  }
  return pairs.join(',');
}

function join(labels: string, last: string): string {
  return labels === '' ? last : `${labels},${last}`;
}

function pair(name: string, value: string): string {
  return `${name}="${escapeLabelValue(value)}"`;
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) {
    return String(value);
  }
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabelValue(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}
