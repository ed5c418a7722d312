import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutInlinedKeys } from '../../../../src/database/sql/inlined-keys.js';
import { FingerprintCache, normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';

describe('keys that are written into a text', () => {
  it.each([
    ['SELECT * FROM a WHERE id IN (5)', 'SELECT * FROM a WHERE id IN (0)'],
    ['SELECT * FROM a WHERE id IN (5, -6,7) AND b IN (8)', 'SELECT * FROM a WHERE id IN (0) AND b IN (0)'],
    ['SELECT * FROM a WHERE id NOT IN (1)', 'SELECT * FROM a WHERE id NOT IN (0)'],
  ])('do not distinguish texts: %s', (text, without) => {
    expect(withoutInlinedKeys(text)).toBe(without);
  });

  it.each([
    'SELECT 5',
    'SELECT * FROM a WHERE id IN ($1, $2)',
    "SELECT * FROM a WHERE id IN ('5')",
    'SELECT * FROM a WHERE id IN (SELECT 5)',
    'SELECT * FROM a WHERE id IN (f(5))',
    'SELECT * FROM a WHERE id IN (5::bigint)',
    'SELECT * FROM a WHERE JOIN (5)',
  ])('are whole numbers in a list, and nothing else: %s', (text) => {
    expect(withoutInlinedKeys(text)).toBe(text);
  });

  it('have the fingerprint of the whole text, whatever the cache has seen before', () => {
    const pieces = [
      ...`' " $$ $a$ E' /* */ -- \n ( ) , ? :: . x "x" 5 -7 $1 AND OR NOT SELECT FROM WHERE VALUES = ; \\ \\' \``.split(
        ' ',
      ),
      ' IN (5)',
      ' IN (6)',
      ' IN (0)',
      ' IN (5, 6)',
      ' IN (-1,2)',
      ' IN ',
      '"a IN (5)"',
      '"a IN (6)"',
      ' ',
    ];
    const text = fc
      .array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 25 })
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), fc.boolean(), (texts, isMySql) => {
        const cache = new FingerprintCache();
        for (const one of texts.flatMap((each) => [each, each.replaceAll('5', '6'), each])) {
          expect(cache.of(one, isMySql)).toBe(normalizeQuery(one, isMySql ? 'mysql' : 'standard'));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
