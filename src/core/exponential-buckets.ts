/*
 * The buckets of native histograms. In schema `s`, bucket `i` has the numbers above base^(i−1) up to base^i, with the
 * base 2^(2^−s). Each bucket of a schema consists of two buckets of the next higher one.
 *
 * See https://prometheus.io/docs/specs/native_histograms/#standard-exponential-schemas
 */

/** The highest resolution: 256 buckets for each power of two. */
export const MAX_SCHEMA = 8;

/** The lowest resolution: one bucket for 16 powers of two. */
export const MIN_SCHEMA = -4;

/**
 * The smallest threshold of the zero bucket, as a power of two. Like all thresholds it is a multiple of 16, so that it is the bound of
 * a bucket in every schema.
 */
export const MIN_ZERO_EXPONENT = -128;

/** Thresholds of zero buckets are 2 to the power of multiples of this. */
export const ZERO_EXPONENT_STEP = 2 ** -MIN_SCHEMA;

/** The largest index in the highest resolution. */
export const MAX_INDEX = 1024 * 2 ** MAX_SCHEMA;

const PER_POWER = 2 ** MAX_SCHEMA;

/* The words of a number: sign (1 bit), exponent (11) and upper mantissa (20); lower mantissa (32). */
const NUMBER = new Float64Array([1]);
const WORDS = new Uint32Array(NUMBER.buffer);
const UPPER = WORDS[0] === 0 ? 1 : 0;
const LOWER = 1 - UPPER;
const UPPER_MANTISSA_BITS = 20;
const UPPER_MANTISSA = 2 ** UPPER_MANTISSA_BITS - 1;
const EXPONENT_BIAS = 1023;

/** The mantissas of the bounds from 1 to 2, both included, as two words. */
const BOUND_UPPER = new Int32Array(PER_POWER + 1);
const BOUND_LOWER = new Uint32Array(PER_POWER + 1);

/**
 * For each value of the first bits of a mantissa, the first bound that is not below all numbers with these bits. The intervals are
 * shorter than all buckets, so that the bucket of a number is that of this bound or the next one.
 */
const FIRST_BITS = MAX_SCHEMA + 1;
const FIRST_BOUND = new Uint16Array(2 ** FIRST_BITS);

/** The square root of 2 as the tables of Prometheus have it: the last bit differs from that of `Math.SQRT2`. */
const SQUARE_ROOT_OF_GO = 1.414213562373095;

fillTables();

/**
 * Returns the index of a number's bucket in the highest resolution. It is exact, also next to bounds, where logarithms are not.
 *
 * @param magnitude - a normal positive number
 */
export function finestIndex(magnitude: number): number {
  NUMBER[0] = magnitude;
  const word = WORDS[UPPER] as number;
  const mantissa = word & UPPER_MANTISSA;
  const bound = FIRST_BOUND[mantissa >>> (UPPER_MANTISSA_BITS - FIRST_BITS)] as number;
  const upper = BOUND_UPPER[bound] as number;
  const isAbove =
    mantissa > upper || (mantissa === upper && (WORDS[LOWER] as number) > (BOUND_LOWER[bound] as number));
  return ((word >>> UPPER_MANTISSA_BITS) - EXPONENT_BIAS) * PER_POWER + bound + (isAbove ? 1 : 0);
}

/** Returns the index of the bucket that has bucket `index`, in a schema that is lower by `steps`. */
export function coarserIndex(index: number, steps: number): number {
  return (index + (1 << steps) - 1) >> steps;
}

/** Returns the index of the highest bucket that a zero bucket with the threshold 2^`zeroExponent` has. */
export function lastIndexOfZero(zeroExponent: number, schema: number): number {
  return zeroExponent * 2 ** schema;
}

/**
 * Computes the bounds 2^(j/256) as Prometheus and its client for Go do, with the same rounding: their tables and this one have the same
 * numbers.
 */
function fillTables(): void {
  let bounds = [1];
  let root = 2;
  for (let schema = 1; schema <= MAX_SCHEMA; schema += 1) {
    root = Math.sqrt(root);
    const factor = schema === 1 ? SQUARE_ROOT_OF_GO : root;
    bounds = bounds.flatMap((bound) => [bound, bound * factor]);
  }
  bounds.forEach((bound, index) => {
    NUMBER[0] = bound;
    BOUND_UPPER[index] = (WORDS[UPPER] as number) & UPPER_MANTISSA;
    BOUND_LOWER[index] = WORDS[LOWER] as number;
  });
  // The last bound is 2: no mantissa reaches it.
  BOUND_UPPER[PER_POWER] = UPPER_MANTISSA + 1;
  let next = 0;
  for (let bits = 0; bits < FIRST_BOUND.length; bits += 1) {
    const start = bits << (UPPER_MANTISSA_BITS - FIRST_BITS);
    while ((BOUND_UPPER[next] as number) < start) {
      next += 1;
    }
    FIRST_BOUND[bits] = next;
  }
}
