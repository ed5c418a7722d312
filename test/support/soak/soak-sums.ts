import type { ParsedExposition } from '../parse-exposition.js';

/** The sums of a family's samples by the values of these labels, joined by spaces; what is 0 is left out. */
export function sumsBy(
  { samples }: ParsedExposition,
  name: string,
  ...labels: readonly string[]
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const sample of samples) {
    if (sample.name === name && sample.value !== 0) {
      const key = labels.map((label) => sample.labels[label]).join(' ');
      sums[key] = (sums[key] ?? 0) + sample.value;
    }
  }
  return sums;
}

export function sumOf(exposition: ParsedExposition, name: string): number {
  return exposition.samples.reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0);
}
