import type { Expression } from './expression.js';

/**
 * A percentile of a histogram of the last minutes, by further labels. `readHistograms()` knows this form, and has the one of native
 * histograms.
 */
export function percentile(quantile: number, family: string, by: readonly string[] = []): Expression {
  const labels = [...by, 'le'].join(', ');
  return `histogram_quantile(${quantile}, sum by (${labels}) (rate(#${family}_bucket[5m])))`;
}
