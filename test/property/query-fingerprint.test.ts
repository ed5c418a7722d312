import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heapUsed } from '../support/garbage.js';
import { FingerprintCache, normalizeQuery } from '../../src/database/performance/query-fingerprint.js';

/** Pieces that SQL is made of, and that break readers of SQL. */
const PIECES = [
  ...`' '' " "" \` $$ $a$ $é$ $1 $ E' e' \\ \\' /* */ --`.split(' '),
  ...'( ) , ? ?) (? (?, ; :: . - / * DEFAULT NULL'.split(' '),
  ...'1 1.5 .5 1e 1e-5 0xFF 1_000 a1 é1 select E e x 😀'.split(' '),
  '(?, ?)',
  ', ',
  ' ',
  '  ',
  '\t',
  '\n',
  '\0',
  '\ud800',
];
const hostileText = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''));

/** A value that the caller must never find again, and that nothing else of a text contains. */
const secret = fc
  .array(fc.constantFrom('q', 'Q', 'z', 'Z', 'ß', '7'), { minLength: 6, maxLength: 20 })
  .map((letters) => `q${letters.join('')}`);

/** Ways to write a value into a statement (PostgreSQL 18, 4.1.2). */
const LITERALS: readonly ((secret: string) => string)[] = [
  (value) => `'${value}'`,
  (value) => `'it''s ${value} "quoted" /* no comment'`,
  (value) => `'-- ${value}'`,
  (value) => `E'\\'${value}\\\\'`,
  (value) => `e'\\\\\\'${value}'`,
  (value) => `U&'${value}'`,
  (value) => `B'${value}'`,
  (value) => `$$${value}$$`,
  (value) => `$tag$${value} $$ ' $other$ $tag$`,
  (value) => `$é$${value}$é$`,
  (value) => `/* ${value} */ 1`,
  (value) => `/* outer /* inner */ it's ${value} */ 1`,
  (value) => `-- it's ${value}\n 1`,
];

describe('a fingerprint', () => {
  it('is the fingerprint of itself', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary' })), (text) => {
        const once = normalizeQuery(text);
        expect(normalizeQuery(once)).toBe(once);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is the fingerprint of itself when it had to be cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 50, maxLength: 100 }), (pieces) => {
        const once = normalizeQuery(pieces.join('').repeat(100));
        expect(once.length).toBeLessThanOrEqual(8192);
        expect(normalizeQuery(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  it('has no literal in it, however that is written and whatever surrounds it', () => {
    const literals = fc.array(fc.tuple(fc.constantFrom(...LITERALS), secret), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(literals, (values) => {
        const columns = values.map(([write, value], index) => `"c,(1) ${index}" = ${write(value)}`);
        const fingerprint = normalizeQuery(`SELECT "a"."b" FROM "t" WHERE ${columns.join(' AND ')}`);
        for (const [, value] of values) {
          expect(fingerprint).not.toContain(value);
        }
        expect(fingerprint.startsWith('SELECT "a"."b" FROM "t" WHERE "c,(1) 0" = ')).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('has no literal in it that the text breaks off in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LITERALS), secret, (write, value) => {
        const text = `SELECT ${write(value)}`;
        const end = text.indexOf(value) + value.length;
        expect(normalizeQuery(text.slice(0, end))).not.toContain(value);
      }),
    );
  });

  it('does not depend on numbers', () => {
    const number = fc.oneof(
      fc.nat().map(String),
      fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom('0x1F', '0b101', '0o17', '1_000_000', '1.5e-10', '5.', '2E+5'),
    );
    fc.assert(
      fc.property(number, fc.nat(), (value, limit) => {
        expect(
          normalizeQuery(`SELECT x1 FROM t2 WHERE a_1 = ${value} AND b >= ${value} LIMIT ${limit}`),
        ).toBe('SELECT x1 FROM t2 WHERE a_1 = ? AND b >= ? LIMIT ?');
      }),
    );
  });

  it('does not depend on the length of lists, on white space and on comments', () => {
    const space = fc.constantFrom(' ', '\n  ', '\t', ' /* c */ ', ' -- c\n', '/* a /* b */ c */');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        space,
        (ids, rows, gap) => {
          const list = Array.from({ length: ids }, (_, index) => `$${index + 1}`);
          const values = Array.from({ length: rows }, (_, index) => `(DEFAULT,${gap}$${index + 1}, NULL)`);
          expect(normalizeQuery(`SELECT${gap}a FROM t WHERE id IN (${gap}${list.join(`${gap},`)})`)).toBe(
            'SELECT a FROM t WHERE id IN (?)',
          );
          expect(normalizeQuery(`INSERT INTO t(a, b, c) VALUES ${values.join(`,${gap}`)} RETURNING a`)).toBe(
            'INSERT INTO t(a, b, c) VALUES (?) RETURNING a',
          );
        },
      ),
    );
  });
});

describe('a hostile text', () => {
  const LENGTH = 100_000;
  const fill = (piece: string): string => piece.repeat(Math.ceil(LENGTH / piece.length));

  it.each([
    ...PIECES,
    ...`(' $1, (1, (?,( /*/ E'\\ "a"\t (((( ))) ''' 1.1e+1 """"`.split(' '),
    '(?), ',
    '(?, (',
    '$a$ $b$',
    '*/ /*',
    '- -',
  ])('made of %j is read in less than 5 ms', (piece) => {
    const text = fill(piece);
    normalizeQuery(text);
    const times = Array.from({ length: 10 }, () => {
      const startedAt = performance.now();
      normalizeQuery(text);
      return performance.now() - startedAt;
    });
    // The quickest of ten: the machine may be busy with something else.
    expect(Math.min(...times)).toBeLessThan(5);
    expect(normalizeQuery(text).length).toBeLessThanOrEqual(8192);
  });
});

describe('a million distinct texts', () => {
  it('leave no more in memory than some thousands', { timeout: 60_000 }, async () => {
    const cache = new FingerprintCache();
    const read = (from: number, to: number): void => {
      for (let number = from; number < to; number += 1) {
        cache.of(`SELECT * FROM "table_${number}" WHERE "id" = $1`);
      }
    };
    read(0, 10_000);
    const before = await heapUsed();
    read(10_000, 1_000_000);
    expect((await heapUsed()) - before).toBeLessThan(2 * 1024 * 1024);
    // The cache is still in use.
    expect(cache.of('SELECT 1')).toBe('SELECT ?');
  });

  it('of 100 kB do not keep more than their beginnings', async () => {
    const cache = new FingerprintCache();
    const kept: string[] = [];
    const before = await heapUsed();
    for (let number = 0; number < 500; number += 1) {
      // Nothing in it is replaced: the fingerprint is the beginning of the text.
      kept.push(cache.of(`${'x'.repeat(100_000)}${number}`));
    }
    expect((await heapUsed()) - before).toBeLessThan(20 * 1024 * 1024);
    expect(kept).toHaveLength(500);
  });
});
