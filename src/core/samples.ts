import type { FamilySnapshot } from './family-snapshot.js';

/** One line of an exposition, as data. */
export interface Sample {
  /** The family's name, with `_bucket`, `_sum` or `_count` for the parts of histograms and summaries. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Returns every sample of a snapshot in the order of an exposition. For other clients and tests; slower than the formats. */
export function samplesOf(snapshot: FamilySnapshot): Sample[] {
  return snapshot.labelRows.flatMap((_, row) => rowSamples(snapshot, row));
}

function rowSamples(snapshot: FamilySnapshot, row: number): Sample[] {
  const { descriptor, values, sums, counts } = snapshot;
  const { name, buckets = [], quantiles = [] } = descriptor;
  const labels = rowLabels(snapshot, row);
  const sumAndCount = (count: number): Sample[] => [
    { name: `${name}_sum`, labels, value: sums?.[row] ?? Number.NaN },
    { name: `${name}_count`, labels, value: count },
  ];
  switch (descriptor.type) {
    case 'histogram': {
      let count = 0;
      const parts = [...buckets.map(String), '+Inf'].map((le, bucket, bounds): Sample => {
        count += values[row * bounds.length + bucket] as number;
        return { name: `${name}_bucket`, labels: { ...labels, le }, value: count };
      });
      return [...parts, ...sumAndCount(count)];
    }
    case 'summary': {
      const parts = quantiles.map((quantile, column): Sample => ({
        name,
        labels: { ...labels, quantile: String(quantile) },
        value: values[row * quantiles.length + column] as number,
      }));
      return [...parts, ...sumAndCount(counts?.[row] ?? Number.NaN)];
    }
    default:
      return [{ name, labels, value: values[row] as number }];
  }
}

function rowLabels(
  { descriptor, labelRows, constantLabels }: FamilySnapshot,
  row: number,
): Record<string, string> {
  const own: Record<string, string> = {};
  descriptor.labelNames.forEach((label, position) => {
    const value = labelRows[row]?.[position];
    if (value !== undefined) {
      own[label] = value;
    }
  });
  return { ...own, ...constantLabels, ...own };
}
