import { expect, it } from 'vitest';
import { statelessPatterns } from '../../../../src/core/tool/stateless-patterns.js';

it('answers the same at each call, and leaves the given expressions as they are', () => {
  const rules = [/b+/g, 'text', /B+/iy, /b/];
  const patterns = statelessPatterns(rules);
  expect(patterns.map(({ source, flags }) => [source, flags])).toEqual([
    ['b+', ''],
    ['B+', 'i'],
    ['b', ''],
  ]);
  for (let call = 0; call < 3; call += 1) {
    expect(patterns.map((pattern) => pattern.test('abb'))).toEqual([true, true, true]);
  }
  expect((rules[0] as RegExp).lastIndex).toBe(0);
});
