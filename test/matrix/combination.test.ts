import { expect, it } from 'vitest';
import {
  type Combination,
  everyCombination,
  INSTALLED,
  keyOf,
  pairsOf,
  pairwiseCombinations,
} from './combination.js';

it('has each two values together that can meet, in few applications and fewer installations', () => {
  const pairs = (of: readonly Combination[]) => new Set(of.flatMap((combination) => pairsOf(combination)));
  const few = pairwiseCombinations();

  expect(pairs(few)).toEqual(pairs(everyCombination()));
  expect(few.length).toBeLessThanOrEqual(16);
  expect(new Set(few.map((combination) => keyOf(combination, INSTALLED))).size).toBeLessThanOrEqual(8);
});
