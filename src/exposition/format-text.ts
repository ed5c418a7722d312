import type { Exemplar } from '../core/exemplar.js';

/** Returns the shortest decimal that parses to the same number; `NaN`, `+Inf` or `-Inf` for the others. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) {
    return `${value}`;
  }
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const SPECIAL = /[\\\n"]/;

/** Escapes a HELP text of the text format. */
export function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Escapes a label value, or a HELP text of OpenMetrics. */
export function escapeQuoted(text: string): string {
  return !SPECIAL.test(text) ? text : escapeText(text).replaceAll('"', '\\"');
}

/** Returns the exemplar part of an OpenMetrics line. */
export function exemplarText({ labels, value, timestampSeconds }: Exemplar): string {
  const pairs = Object.entries(labels).map(([name, text]) => labelPair(name, text));
  return ` # {${pairs.join(',')}} ${formatNumber(value)} ${timestampSeconds}`;
}

export function labelPair(name: string, value: string): string {
  return `${name}="${escapeQuoted(value)}"`;
}
