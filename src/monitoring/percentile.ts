import type { Expression } from './expression.js';

/**
 * A percentile of a histogram of the last minutes, by further labels. Panels and alerts get theirs here, so that
 * another kind of histogram needs another query in one place only.
 */
export function percentile(quantile: number, family: string, by: readonly string[] = []): Expression {
  const labels = [...by, 'le'].join(', ');
  return `histogram_quantile(${quantile}, sum by (${labels}) (rate(#${family}_bucket[5m])))`;
}
