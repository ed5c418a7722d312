/** A native histogram by its definition: every bucket of every observation is worked out anew. */
export interface ModelHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Readonly<Record<number, number>>;
  readonly negative: Readonly<Record<number, number>>;
}

const LOWEST_SCHEMA = -4;
const HIGHEST_SCHEMA = 8;

/** The bounds from 1 up to 2, of each schema, by repeated multiplication, as Prometheus and its client for Go make their tables. */
const BOUNDS = Array.from({ length: HIGHEST_SCHEMA + 1 }, (): number[] => [1]);
for (let schema = 1; schema <= HIGHEST_SCHEMA; schema += 1) {
  // Go's square root of 2 is smaller by the last bit.
  const factor = schema === 1 ? 1.414213562373095 : 2 ** (2 ** -schema);
  BOUNDS[schema] = (BOUNDS[schema - 1] as number[]).flatMap((bound) => [bound, bound * factor]);
}

/** The index of the bucket of a positive number: the first one whose upper bound is not below it. */
export function modelIndex(magnitude: number, schema: number): number {
  let exponent = 0;
  let fraction = magnitude;
  for (; fraction >= 2; exponent += 1) fraction /= 2;
  for (; fraction < 1; exponent -= 1) fraction *= 2;
  if (schema <= 0) {
    const powers = exponent + (fraction > 1 ? 1 : 0);
    // Without -0.
    return Math.ceil(powers / 2 ** -schema) + 0;
  }
  const bounds = BOUNDS[schema] as number[];
  const found = bounds.findIndex((bound) => fraction <= bound);
  return exponent * bounds.length + (found < 0 ? bounds.length : found);
}

/** What a native histogram of these observations is, whatever their order. */
export function modelHistogram(observed: readonly number[], maxBuckets: number): ModelHistogram {
  let zeroThreshold = 2 ** -128;
  for (let schema = HIGHEST_SCHEMA; ;) {
    const zeros = observed.filter((value) => Math.abs(value) <= zeroThreshold);
    const others = observed.filter((value) => Math.abs(value) > zeroThreshold);
    const positive = counted(others.filter((value) => value > 0).map((value) => modelIndex(value, schema)));
    const negative = counted(others.filter((value) => value < 0).map((value) => modelIndex(-value, schema)));
    const indexes = [...Object.keys(positive), ...Object.keys(negative)].map(Number);
    if (indexes.length <= maxBuckets) {
      return { schema, zeroThreshold, zeroCount: zeros.length, positive, negative };
    }
    if (schema > LOWEST_SCHEMA) {
      schema -= 1;
    } else {
      zeroThreshold = 2 ** (16 * Math.min(...indexes));
    }
  }
}

function counted(indexes: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const index of indexes) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}
