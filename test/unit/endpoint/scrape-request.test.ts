import { expect, it } from 'vitest';
import { gatherTimeoutMs } from '../../../src/endpoint/scrape-request.js';

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
])('a scrape timeout of %j s leaves %j ms for gathering', (header, expected) => {
  expect(gatherTimeoutMs(header)).toBe(expected);
});
