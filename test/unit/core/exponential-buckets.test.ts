import { describe, expect, it } from 'vitest';
import { coarserIndex, finestIndex } from '../../../src/core/exponential-buckets.js';
import { modelIndex } from '../../support/native-model.js';

const NUMBER = new Float64Array(1);
const BITS = new BigUint64Array(NUMBER.buffer);

function bitsOf(value: number): bigint {
  NUMBER[0] = value;
  return BITS[0] as bigint;
}

function ofBits(bits: bigint): number {
  BITS[0] = bits;
  return NUMBER[0] as number;
}

/** The largest number whose index is at most `index`. */
function upperBound(index: number): number {
  let low = bitsOf(2 ** -1000);
  let high = bitsOf(Number.MAX_VALUE);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (finestIndex(ofBits(middle)) <= index) low = middle;
    else high = middle - 1n;
  }
  return ofBits(low);
}

describe('the index of a bucket', () => {
  it('includes powers of two in the bucket below them, and the next number in the one above', () => {
    for (let exponent = -1022; exponent <= 1023; exponent += 1) {
      const power = 2 ** exponent;
      expect(finestIndex(power)).toBe(exponent * 256);
      expect(finestIndex(ofBits(bitsOf(power) + 1n))).toBe(exponent * 256 + 1);
    }
    expect(finestIndex(Number.MAX_VALUE)).toBe(1024 * 256);
  });

  it('changes at the very number where the bounds of a search by comparison are', () => {
    for (let index = 1; index < 256; index += 1) {
      const bound = upperBound(index);
      for (const value of [bound, ofBits(bitsOf(bound) - 1n), ofBits(bitsOf(bound) + 1n)]) {
        for (const scale of [2 ** -128, 0.25, 1, 2 ** 40, 2 ** 1000]) {
          expect(finestIndex(value * scale)).toBe(modelIndex(value * scale, 8));
        }
      }
    }
  });

  it('has the bounds of the roots of two, to the last three bits', () => {
    for (let index = 1; index < 256; index += 1) {
      const mantissa = BigInt(upperBound(index) * 2 ** 52);
      const isBelow = (candidate: bigint) => candidate ** 256n <= 1n << BigInt(52 * 256 + index);
      expect(isBelow(mantissa - 7n)).toBe(true);
      expect(isBelow(mantissa + 7n)).toBe(false);
    }
  });

  it('has the bounds that Prometheus publishes', () => {
    expect([32, 64, 96, 128, 160, 192, 224].map((index) => upperBound(index) / 2)).toEqual([
      0.5452538663326288, 0.5946035575013605, 0.6484197773255048, 0.7071067811865475, 0.7711054127039704,
      0.8408964152537144, 0.9170040432046711,
    ]);
    expect([1, 127, 129, 255].map((index) => upperBound(index) / 2)).toEqual([
      0.5013556375251013, 0.7051948041086352, 0.7090239421602076, 0.9972960560854698,
    ]);
  });
});

describe('a coarser index', () => {
  it('is that of the bucket with the number, in every schema', () => {
    const values = Array.from({ length: 2000 }, (_, step) => 1.37 ** (step / 4 - 250));
    for (const value of values) {
      for (let steps = 0; steps <= 12; steps += 1) {
        expect(coarserIndex(finestIndex(value), steps)).toBe(modelIndex(value, 8 - steps));
      }
    }
  });
});
