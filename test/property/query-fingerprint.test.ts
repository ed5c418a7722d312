import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectLinearTime } from '../support/linear-time.js';
import { normalizeQuery } from '../../src/database/sql/query-fingerprint.js';

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
/** More of them, which mean something to the reader of lists and conditions. */
const LIST_PIECES = [
  ...'WHERE AND OR IN VALUES ARRAY[ [ ] ANY( CONVERT( FIELD( CAST( FROM DISTINCT AS IS NOT ROW SET LEFT JOIN'.split(
    ' ',
  ),
  ...'x "x" = < - + -1 +1 @0 @a $n ?1 => -> <@ COLLATE interval INTERVAL (a OR AND( )'.split(' '),
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

  it('is the fingerprint of itself when it had to be cut, unless that was within a quoted name', () => {
    const unquoted = PIECES.filter((piece) => !piece.includes('"'));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...unquoted), { minLength: 50, maxLength: 100 }), (pieces) => {
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

/** Elements of lists, by the grammar of the fingerprint: operands that depend on no row. */
const { element } = fc.letrec<{ element: string; primary: string; list: string }>((tie) => ({
  list: fc.array(tie('element'), { minLength: 1, maxLength: 3 }).map((elements) => elements.join(', ')),
  primary: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(
      ...`$1 ? @0 @name :1 :name 1 -1 1.5 .5 'a' E'it\\'s' N'a' x'ab' U&'a' $$a$$ TRUE NULL DEFAULT now() current_date`.split(
        ' ',
      ),
      "DATE '2026-01-01'",
      "TIMESTAMP WITH TIME ZONE '2026-01-01'",
      "INTERVAL '1-2' YEAR TO MONTH",
    ),
    fc
      .tuple(fc.constantFrom('lower', 'COALESCE', '"s"."f"', 'jsonb_build_object'), tie('list'))
      .map(([f, list]) => `${f}(${list})`),
    tie('list').map((list) => `(${list})`),
    tie('list').map((list) => `ROW(${list})`),
    tie('list').map((list) => `ARRAY[${list}]`),
    fc
      .tuple(tie('element'), fc.constantFrom('uuid', 'numeric(10,2)', 'double precision'))
      .map(([value, type]) => `CAST(${value} AS ${type})`),
    tie('element').map((value) => `CONVERT(varchar(36), ${value})`),
  ),
  element: fc.oneof(
    { maxDepth: 3 },
    tie('primary'),
    fc
      .tuple(
        tie('primary'),
        fc.constantFrom(
          '::uuid',
          '::numeric(10,2)[]',
          '::timestamp with time zone',
          ' COLLATE "C"',
          " AT TIME ZONE 'UTC'",
        ),
      )
      .map(([value, suffix]) => value + suffix),
    fc
      .tuple(tie('primary'), fc.constantFrom('+', '-', '*', '||', '->>'), tie('element'))
      .map(([one, operator, other]) => `${one} ${operator} ${other}`),
  ),
}));
const elements = fc.array(element, { minLength: 1, maxLength: 12 });

describe('a list of 1 to 12 elements of any form', () => {
  const CONTEXTS: readonly (readonly [string, (list: readonly string[]) => string, string])[] = [
    ['IN', (list) => `SELECT a FROM t WHERE b IN (${list.join(', ')})`, 'SELECT a FROM t WHERE b IN (?)'],
    [
      'NOT IN',
      (list) => `select a from t where b not in(${list.join(',')})`,
      'SELECT a FROM t WHERE b NOT IN (?)',
    ],
    [
      'IN of tuples',
      (list) => `SELECT a FROM t WHERE (b, c) IN (${list.map((value) => `(${value}, $1)`).join(', ')})`,
      'SELECT a FROM t WHERE (b, c) IN (?)',
    ],
    [
      'ANY',
      (list) => `SELECT a FROM t WHERE b = ANY(ARRAY[${list.join(', ')}]) AND c`,
      'SELECT a FROM t WHERE b = ANY(?) AND c',
    ],
    ['ARRAY', (list) => `SELECT ARRAY[${list.join(', ')}], a FROM t`, 'SELECT ARRAY[?], a FROM t'],
    [
      'VALUES',
      (list) => `INSERT INTO t(a, b) VALUES ${list.map((value) => `($1, ${value})`).join(', ')} RETURNING c`,
      'INSERT INTO t(a, b) VALUES (?) RETURNING c',
    ],
  ];

  it.each(CONTEXTS)('has one fingerprint: %s', (_, write, fingerprint) => {
    fc.assert(
      fc.property(elements, (list) => {
        expect(normalizeQuery(write(list))).toBe(fingerprint);
      }),
      { numRuns: 500 },
    );
  });

  it('has the fingerprint of its first element: OR', () => {
    const column = fc.constantFrom('a', '"t"."a"', 't.a');
    fc.assert(
      fc.property(elements, column, fc.boolean(), (list, name, isComposite) => {
        const write = (values: readonly string[]): string => {
          const keys = values.map((value) =>
            isComposite ? `(${name} = ${value} AND "t"."b" = $1)` : `${name} = ${value}`,
          );
          return `SELECT a FROM t WHERE c = $1 AND (${keys.join(' OR ')}) ORDER BY a`;
        };
        const fingerprint = normalizeQuery(write(list));
        expect(fingerprint).toBe(normalizeQuery(write(list.slice(0, 1))));
        expect(normalizeQuery(fingerprint)).toBe(fingerprint);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no literal in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...LITERALS), secret), { minLength: 1, maxLength: 6 }),
        (values) => {
          const list = values.map(([write, value]) => `lower(${write(value)}::text)`);
          expect(normalizeQuery(`SELECT a FROM t WHERE b IN (${list.join(', ')})`)).toBe(
            'SELECT a FROM t WHERE b IN (?)',
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('two different statements', () => {
  interface Statement {
    readonly columns: readonly string[];
    readonly table: string;
    readonly conditions: readonly string[];
    readonly joint: string;
    readonly limit: string;
  }
  const column = fc.constantFrom(
    'a',
    'b',
    '"a"',
    '"A"',
    '"t"."a"',
    'lower(a)',
    'upper(a)',
    'lower("A")',
    'a + 1',
    'a - 1',
    'f(a, 1)',
    'f(a, 1, 2)',
  );
  const condition = fc
    .tuple(column, fc.constantFrom('=', '>', '<>', 'LIKE', 'NOT LIKE'), fc.constantFrom('?', 'c', 'lower(c)'))
    .map((parts) => parts.join(' '));
  const membership = fc
    .tuple(column, fc.constantFrom('IN', 'NOT IN'), fc.constantFrom('(?)', '(c, ?)', '(SELECT c FROM u)'))
    .map((parts) => parts.join(' '));
  const statement: fc.Arbitrary<Statement> = fc.record({
    columns: fc.array(column, { minLength: 1, maxLength: 3 }),
    table: fc.constantFrom('t', 'u', '"T"', '"t"', 's.t'),
    // Different ones: equal ones that OR joins are a list.
    conditions: fc.uniqueArray(fc.oneof(condition, membership), { minLength: 1, maxLength: 3 }),
    joint: fc.constantFrom('AND', 'OR'),
    limit: fc.constantFrom('', ' LIMIT ?', ' LIMIT ?, ?'),
  });
  const write = ({ columns, table, conditions, joint, limit }: Statement): string =>
    `SELECT ${columns.join(', ')} FROM ${table} WHERE ${conditions.join(` ${joint} `)}${limit}`.replace(
      /\b[12]\b/g,
      '?',
    );

  it('have two fingerprints', () => {
    fc.assert(
      fc.property(statement, statement, (one, other) => {
        expect(normalizeQuery(write(one))).toBe(write(one));
        expect(normalizeQuery(write(one)) === normalizeQuery(write(other))).toBe(write(one) === write(other));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a hostile text', () => {
  const fill = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length));

  it.each([
    ...PIECES,
    ...`(' $1, (1, (?,( /*/ E'\\ "a"\t (((( ))) ''' 1.1e+1 """"`.split(' '),
    '(?), ',
    '(?, (',
    '$a$ $b$',
    '*/ /*',
    '- -',
    ...LIST_PIECES,
    ...'+ =- f( f(1, ARRAY[1, (a=1)OR (a)AND( 1+ 1:: (a,( ()( @ : .'.split(' '),
    'a = 1 OR ',
    '(a OR ',
    '(a = 1 AND ',
    'VALUES (1), ',
    ' IN (1, ',
  ])('made of %j is read without going over it again and again', (piece) => {
    expectLinearTime((length) => fill(piece, length), normalizeQuery);
    expect(normalizeQuery(fill(piece, 100_000)).length).toBeLessThanOrEqual(8192);
  });
});
