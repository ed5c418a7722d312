import type { NativeRow, SparseRow } from '../../src/core/native-columns.js';
import type { ModelHistogram } from './native-model.js';

/** A native histogram in the form of the model. */
export function readNativeRow({
  schema,
  zeroExponent,
  zeroCount,
  positive,
  negative,
}: NativeRow): ModelHistogram {
  return {
    schema,
    zeroThreshold: 2 ** zeroExponent,
    zeroCount,
    positive: byIndex(positive),
    negative: byIndex(negative),
  };
}

function byIndex({ indexes, counts, length }: SparseRow): Record<number, number> {
  return Object.fromEntries(
    Array.from({ length }, (_, position) => [indexes[position] as number, counts[position] as number]),
  );
}
