import { CATALOG } from '../catalog/catalog.js';
import { isDuration } from '../core/family-definition.js';
import type { MonitoredApplication } from './application.js';
import type { Expression } from './expression.js';

/** An expression of a panel or a rule. */
export interface HistogramQuery {
  readonly expr: Expression;
  /** What reads native histograms in its place, where {@link readHistograms} cannot derive it. */
  readonly native?: (application: MonitoredApplication) => Expression;
}

const NATIVE: ReadonlySet<string> = new Set(CATALOG.filter(isDuration).map(({ name }) => name));

/** A percentile: quantile, labels, family, label matchers, range. */
const PERCENTILE =
  /histogram_quantile\(([\d.]+), sum by \(([\w, ]+)\) \(rate\(#(\w+)_bucket(\{[^}]*\})?\[(\w+)\]\)\)\)/g;

/** The rise of a count or of a sum: function, family, suffix, label matchers, range. */
const RISE = /(rate|increase)\(#(\w+)_(count|sum)(\{[^}]*\})?\[(\w+)\]\)/g;

/**
 * The expression for the histograms that an application has: where it may have native ones, reads them, or the classic ones where
 * Prometheus has not stored any. Unchanged for other applications: Prometheus before 2.40 does not know the functions.
 */
export function readHistograms(
  { expr, native }: HistogramQuery,
  application: MonitoredApplication,
): Expression {
  if (application.nativeHistograms !== true) return expr;
  return native === undefined ? derive(expr) : `(\n${native(application)}\n)\nor (\n${expr}\n)`;
}

/** Expressions are written for classic histograms. Those in prose are found, too. */
function derive(expr: string): string {
  return expr
    .replaceAll(PERCENTILE, (classic, quantile: string, labels: string, family: string, own = '', range) =>
      NATIVE.has(family)
        ? `(histogram_quantile(${quantile}, ${sum(labels)}(rate(#${family}${own}[${range}]))) or ${classic})`
        : classic,
    )
    .replaceAll(RISE, (classic, rise: string, family: string, part: string, own = '', range) =>
      NATIVE.has(family) ? `(histogram_${part}(${rise}(#${family}${own}[${range}])) or ${classic})` : classic,
    );
}

/** The aggregation that leaves these labels. Native histograms have no `le`. */
function sum(labels: string): string {
  const left = labels.split(', ').filter((label) => label !== 'le');
  return left.length === 0 ? 'sum' : `sum by (${left.join(', ')}) `;
}
