import { expect, it } from 'vitest';
import { readableWithinMs } from '../../../src/endpoint/scrape-timeout.js';

it.each([
  ['10.000000', 9500],
  ['5', 4500],
  ['1', 500],
  ['0.8', 500],
  ['0.001', 500],
  ['0.0000000000000000001', 500],
  ['0', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['Infinity', undefined],
  ['', undefined],
  [['1', '2'], undefined],
  [undefined, undefined],
])('of a scrape timeout of %j s, %j ms are for reading', (header, expected) => {
  expect(readableWithinMs(header)).toBe(expected);
});
