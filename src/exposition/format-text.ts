import type { Exemplar } from '../core/exemplar.js';

/** The shortest decimal that reads back as the same number, and Prometheus' words for the others. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) {
    return String(value);
  }
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const SPECIAL = /[\\\n"]/;

/** As HELP texts of the text format need it. */
export function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** As label values need it, and in OpenMetrics HELP texts as well. */
export function escapeQuoted(text: string): string {
  return !SPECIAL.test(text) ? text : escapeText(text).replaceAll('"', '\\"');
}

/** What follows a sample of OpenMetrics that has an exemplar. */
export function exemplarText({ labels, value, timestampSeconds }: Exemplar): string {
  const pairs = Object.entries(labels).map(([name, text]) => labelPair(name, text));
  return ` # {${pairs.join(',')}} ${formatNumber(value)} ${timestampSeconds}`;
}

export function labelPair(name: string, value: string): string {
  return `${name}="${escapeQuoted(value)}"`;
}
