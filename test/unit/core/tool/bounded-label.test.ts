import { expect, it } from 'vitest';
import { BoundedLabel } from '../../../../src/core/tool/bounded-label.js';

it('keeps the first 100 values, and makes others of one', () => {
  const label = new BoundedLabel();
  const values = Array.from({ length: 102 }, (_, index) => label.valueOf(`value ${index}`));
  expect(values.slice(0, 100)).toEqual(values.slice(0, 100).map((_, index) => `value ${index}`));
  expect(values.slice(100)).toEqual(['other', 'other']);
  expect(label.valueOf('value 7')).toBe('value 7');
});

it('shortens long values, and repairs malformed ones', () => {
  const label = new BoundedLabel();
  expect(label.valueOf('a'.repeat(200))).toBe('a'.repeat(128));
  expect(label.valueOf('\uD800')).toBe('\uFFFD');
  // The 128th unit is half of a character.
  const cut = 'a'.repeat(127);
  expect(label.valueOf(`${cut}\u{1F600}`)).toBe(`${cut}\uFFFD`);
});
