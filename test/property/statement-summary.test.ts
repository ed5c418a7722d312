import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statementSummary } from '../../src/database/sql/statement-summary.js';
import { expectLinearTime } from '../support/linear-time.js';

/** Pieces with closed quotes and comments: what is in these is a value. */
const PIECES = [
  ...`'secret' E'it\\'s_secret' $$secret$$ $x$secret$x$ $1 4711 ? "name" [name]`.split(' '),
  '/* secret */',
  ...'SELECT INSERT INTO UPDATE DELETE MERGE USING FROM JOIN WITH RECURSIVE AS TABLE ONLY VALUES SET'.split(
    ' ',
  ),
  ...'EXPLAIN COPY TRUNCATE CREATE START REPLACE UNION ALL ( ) , ; . a b c'.split(' '),
  '-- secret\n',
];
const closedText = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(' '));

describe('the summary of a statement', () => {
  it('has no values, comments and control characters, and at most 255 characters', () => {
    fc.assert(
      fc.property(closedText, (text) => {
        const summary = statementSummary(text) ?? '';
        expect(summary).not.toMatch(/secret|4711|\$1|\n/);
        expect(summary.length).toBeLessThanOrEqual(255);
      }),
      { numRuns: 20_000 },
    );
  });

  it('exists, or not, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, isMySql) => {
        const summary = statementSummary(text, isMySql ? 'mysql' : 'standard');
        expect(summary).not.toBe('');
        expect((summary ?? '').length).toBeLessThanOrEqual(255);
        expect((summary ?? '').isWellFormed()).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ...'( ) [ ] , ; . " \' ` $ SELECT FROM a AS'.split(' ').map((piece) => `${piece} `),
    'a as (',
    ') as (',
    'materialized (',
    'SELECT * FROM a; ',
    'WITH a AS (SELECT 1) ',
    'a.b.c, ',
    '[a].',
    'x; ',
  ])('of a hostile text made of %j is found without going over it again and again', (piece) => {
    expectLinearTime((length) => `SELECT ${piece.repeat(length / 4)}`.slice(0, length / 4), statementSummary);
    expect(statementSummary(piece.repeat(100_000))?.length ?? 0).toBeLessThanOrEqual(255);
  });
});
