import { describe, expect, it } from 'vitest';
import { FingerprintCache, normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';

/** Of `count` parameters from `$first` on. */
function parameters(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `$${first + index}`).join(', ');
}

function bulkInsert(rows: number, end = ''): string {
  const values = Array.from({ length: rows }, (_, row) => `(DEFAULT, ${parameters(row * 5 + 1, 5)})`);
  return `INSERT INTO "book"("id", "a", "b", "c", "d", "e") VALUES ${values.join(', ')}${end}`;
}

describe('the value of a setting', () => {
  it.each([
    ['SET search_path TO tenant_1, "Tenant 2", public', 'SET search_path to ?'],
    ['set local app.user=alice', 'SET local app.user=?'],
    [`SET app.user = 'alice'`, 'SET app.user = ?'],
    [
      'BEGIN; SET LOCAL app.user TO alice; SELECT a FROM b WHERE c = d',
      'begin; SET local app.user to ?; SELECT a FROM b WHERE c = d',
    ],
    ['SET @a = (SELECT b FROM c); SELECT 1', 'SET ? = ?; SELECT ?'],
    ['SET @a := b', 'SET ? := ?'],
    ['SET ROLE alice', 'SET role ?'],
    ['set local role "Tenant 2"', 'SET local role ?'],
    ['SET role TO alice', 'SET role to ?'],
    ['SET app.role = alice', 'SET app.role = ?'],
    ['SET SESSION AUTHORIZATION alice; SELECT a FROM b', 'SET session authorization ?; SELECT a FROM b'],
    ['SET SCHEMA tenant_1', 'SET schema ?'],
    ['USE tenant_1', 'use ?'],
  ])('of %s is left out, though it may be a word', (text, fingerprint) => {
    expect(normalizeQuery(text)).toBe(fingerprint);
  });

  it.each([
    ['UPDATE t SET a = b WHERE c = d', 'UPDATE t SET a = b WHERE c = d'],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'SET transaction isolation level serializable'],
    ['SET a TO', 'SET a to'],
    ['SET ROLE', 'SET role'],
    ['RESET ROLE; SELECT role, a FROM use', 'reset role; SELECT role, a FROM use'],
  ])('is not looked for in other places: %s', (text, fingerprint) => {
    expect(normalizeQuery(text)).toBe(fingerprint);
  });
});

describe('statements longer than what is looked at', () => {
  const INSERTED = 'INSERT INTO "book"("id", "a", "b", "c", "d", "e") VALUES (?)';

  it('have equal fingerprints when they insert different numbers of rows', () => {
    expect(bulkInsert(300).length).toBeGreaterThan(8192);
    expect([1, 2, 300, 400, 5000].map((rows) => normalizeQuery(bulkInsert(rows)))).toEqual(
      Array.from({ length: 5 }, () => INSERTED),
    );
  });

  it('have equal fingerprints wherever the rows are cut', () => {
    const text = bulkInsert(400);
    for (let space = 0; space < 60; space += 1) {
      expect(normalizeQuery(`${' '.repeat(space)}${text}`)).toBe(INSERTED);
    }
  });

  it('have equal fingerprints when they look for different numbers of keys', () => {
    for (let count = 1; count < 4000; count += 37) {
      expect(normalizeQuery(`SELECT "a" FROM "b" WHERE "id" IN (${parameters(1, count)})`)).toBe(
        'SELECT "a" FROM "b" WHERE "id" IN (?)',
      );
    }
  });

  it('keep what an INSERT returns', () => {
    const short = normalizeQuery(bulkInsert(20, ' RETURNING "id", "a"'));
    expect([300, 400, 5000].map((rows) => normalizeQuery(bulkInsert(rows, ' RETURNING "id", "a"')))).toEqual(
      Array.from({ length: 3 }, () => short),
    );
    expect(normalizeQuery(bulkInsert(300, ` ON CONFLICT (id) RETURNING 'a secret'`))).not.toContain('secret');
    expect(normalizeQuery(`INSERT INTO t VALUES ('${'x'.repeat(9000)}) RETURNING secret')`)).toBe(
      'INSERT INTO t VALUES (?)',
    );
  });

  it.each([
    [
      'casts',
      'SELECT a FROM b WHERE c IN (',
      'CAST($1 AS numeric(10,2))',
      ', ',
      ')',
      'SELECT a FROM b WHERE c IN (?)',
    ],
    [
      'array',
      'SELECT a FROM b WHERE c = ANY(ARRAY[',
      '$1::uuid',
      ',',
      '])',
      'SELECT a FROM b WHERE c = ANY(?)',
    ],
    [
      'rows with a subquery',
      'INSERT INTO t VALUES ',
      "($1, lower($2)::text, DATE '2026-01-01', (SELECT max(x) FROM y))",
      ', ',
      '',
      'INSERT INTO t VALUES (?, (SELECT MAX(x) FROM y))',
    ],
    [
      'composite keys',
      'SELECT a FROM b WHERE ',
      '("b"."c" = $1 AND "b"."d" = $2::uuid)',
      ' OR ',
      '',
      'SELECT a FROM b WHERE "b"."c" = ? AND "b"."d" = ?::uuid',
    ],
    [
      'composite keys in parentheses',
      'SELECT a FROM b WHERE e = $1 AND (',
      '("b"."c" = $1 AND "b"."d" = $2)',
      ' OR ',
      ')',
      'SELECT a FROM b WHERE e = ? AND "b"."c" = ? AND "b"."d" = ?',
    ],
  ])(
    'have equal fingerprints wherever a list is cut: %s',
    (_, begin, element, separator, end, fingerprint) => {
      for (const count of [1, 2, 12, 250, 600, 3000]) {
        for (let space = 0; space < 60; space += count < 250 ? 60 : 1) {
          const list = Array.from({ length: count }, () => element).join(separator);
          expect(normalizeQuery(`${' '.repeat(space)}${begin}${list}${end}`)).toBe(fingerprint);
        }
      }
    },
  );

  it('keep what follows the list when it is within what is looked at', () => {
    expect(normalizeQuery(bulkInsert(20, ' RETURNING "id"'))).toBe(`${INSERTED} RETURNING "id"`);
  });
});

describe('a short statement', () => {
  it.each([
    ['SELECT a FROM t LIMIT 10 OFFSET 20', 'SELECT a FROM t LIMIT ? OFFSET ?'],
    [`SELECT E'it\\'s' || 'it''s' || $x$it's$x$`, 'SELECT ? || ? || ?'],
    ['SELECT "it\'s 1", "a""b -- c" FROM "t 2"', 'SELECT "it\'s 1", "a""b -- c" FROM "t 2"'],
    ['SELECT /* a /* 1 */ b */ a -- 2\nFROM t', 'SELECT a FROM t'],
    ['SELECT a FROM t WHERE a IN (1, 2', 'SELECT a FROM t WHERE a IN (?'],
  ])('%j has the fingerprint %j', (text, fingerprint) => {
    expect(normalizeQuery(text)).toBe(fingerprint);
  });

  it('has no value in it whose quotes are not closed', () => {
    expect(normalizeQuery(`SELECT "abc WHERE p = 'secret' x`)).toBe('SELECT ?');
    expect(normalizeQuery(`SELECT E'secret\\`)).toBe('SELECT ?');
  });

  it.each([
    [`SELECT 'it\\'s secret' AS a`, 'SELECT ? AS a'],
    [`SELECT "it\\"s ""secret" AS a`, 'SELECT ? AS a'],
    ['SELECT `a` FROM `t` # secret\nWHERE b = 1', 'SELECT `a` FROM `t` WHERE b = ?'],
    [`SELECT 'C:\\\\' AS a, 'secret' AS b`, 'SELECT ? AS a, ? AS b'],
  ])('of MySQL %j has the fingerprint %j', (text, fingerprint) => {
    expect(normalizeQuery(text, 'mysql')).toBe(fingerprint);
  });

  it('that is equal to a remembered one has its fingerprint', () => {
    const cache = new FingerprintCache();
    expect(cache.of('SELECT 1')).toBe('SELECT ?');
    expect(cache.of(['SELECT', '1'].join(' '))).toBe('SELECT ?');
  });

  it('is its own where others have its length, in any order, and in the other dialect', () => {
    const cache = new FingerprintCache();
    const texts = ['', 'SELECT a', 'SELECT b', 'select a', 'SELECT "x"', 'SELECT 123'];
    texts.push(...texts.map((text) => `${text}${' '.repeat(256)}`), `SELECT ${'1, '.repeat(2000)}1`);
    for (const text of [...texts, ...texts, ...texts.toReversed()]) {
      expect(cache.of(text)).toBe(normalizeQuery(text));
      expect(cache.of(text, true)).toBe(normalizeQuery(text, 'mysql'));
    }
  });
});

describe('a list of values has one fingerprint', () => {
  const ELEMENTS = {
    placeholders: ['$1', '?', '?1', '@0', '@name', ':1', ':name', '$name'],
    numbers: ['1', '-1', '+1.5', '- 2', '.5', '-$1', '0x1F', '1e-5', '1_000'],
    strings: [
      "'a'",
      "'it''s'",
      "E'a\\'b'",
      "N'a'",
      "n'a'",
      "x'ab'",
      "b'01'",
      "U&'a' UESCAPE '!'",
      '$$a$$',
      '$t$a$t$',
    ],
    'typed literals': [
      "DATE '2026-01-01'",
      "date'2026-01-01'",
      "TIMESTAMP WITH TIME ZONE '2026-01-01'",
      "timestamp(3) with time zone '2026-01-01'",
      "INTERVAL '1' DAY",
      "INTERVAL '1-2' YEAR TO MONTH",
    ],
    constants: ['TRUE', 'false', 'NULL', 'DEFAULT', 'CURRENT_TIMESTAMP', 'CURRENT_TIMESTAMP(6)'],
    casts: [
      '$1::uuid',
      "'a'::text",
      '$1::numeric(10,2)[]',
      '$1::timestamp with time zone',
      '$1::"my"."type"',
      'CAST($1 AS uuid)',
      'cast(:1 as double precision)',
      'CONVERT(uniqueidentifier, @0)',
      'TRY_CONVERT(varchar(36), @0, 1)',
      'CONVERT($1 USING utf8)',
    ],
    calls: [
      'now()',
      'lower($1)',
      'to_timestamp($1)',
      "jsonb_build_object('a', $1, 'b', lower($2))",
      'upper(trim(lower($1)))',
      '"s"."f"($1::int, now())',
      'extract(epoch from $1)',
      'substring($1 from 1 for 2)',
      'make_interval(days => $1)',
      "nextval('s'::regclass)",
      'ST_SetSRID(ST_GeomFromGeoJSON($1), 4326)::geometry',
    ],
    groups: [
      '($1)',
      '(($1))',
      '($1, lower($2))',
      'ROW($1, $2)::t',
      'ARRAY[$1, $2]',
      'ARRAY[[1,2],[3,4]]',
      'ARRAY[]::int[]',
    ],
    operators: [
      '$1 + 1',
      '$1 || $2',
      '$1 * -2',
      '($1 + $2) * 3',
      "now() - INTERVAL '1 day'",
      '$1 COLLATE "C"',
      "$1 AT TIME ZONE 'UTC'",
      "$1::jsonb->>'a'",
    ],
  };
  const times = (count: number, element: string, separator: string): string =>
    Array.from({ length: count }, () => element).join(separator);

  it.each(Object.entries(ELEMENTS))('of %s', (_, elements) => {
    for (const element of elements) {
      for (const count of [1, 2, 12]) {
        const list = times(count, element, ', ');
        expect(normalizeQuery(`SELECT a FROM t WHERE b NOT IN (${list})`)).toBe(
          'SELECT a FROM t WHERE b NOT IN (?)',
        );
        expect(normalizeQuery(`SELECT a FROM t WHERE b > ALL(ARRAY[${list}])`)).toBe(
          'SELECT a FROM t WHERE b > ALL(?)',
        );
        expect(normalizeQuery(`SELECT ARRAY[${list}]`)).toBe('SELECT ARRAY[?]');
        const rows = times(count, `(${element}, $9)`, ', ');
        expect(normalizeQuery(`INSERT INTO t(b, c) VALUES ${rows} RETURNING a`)).toBe(
          'INSERT INTO t(b, c) VALUES (?) RETURNING a',
        );
        expect(normalizeQuery(`SELECT a FROM t WHERE (b, c) IN (${rows})`)).toBe(
          'SELECT a FROM t WHERE (b, c) IN (?)',
        );
        const keys = (length: number): string => times(length, `("t"."b" = ${element} AND c = $9)`, ' OR ');
        expect(normalizeQuery(`SELECT a FROM t WHERE d = 1 AND (${keys(count)}) ORDER BY a`)).toBe(
          normalizeQuery(`SELECT a FROM t WHERE d = 1 AND (${keys(1)}) ORDER BY a`),
        );
      }
    }
  });

  it.each([
    [
      "INSERT INTO t VALUES ($1, DEFAULT, now()), ($2::uuid, lower($3), CAST($4 AS int)), (DATE '2026-01-01', NULL, -1)",
      'INSERT INTO t VALUES (?)',
    ],
    ["SELECT a FROM t WHERE b = ANY('{1,2}')", 'SELECT a FROM t WHERE b = ANY(?)'],
    ['SELECT a FROM t WHERE b = ANY($1::uuid[])', 'SELECT a FROM t WHERE b = ANY(?)'],
    ['SELECT a FROM (VALUES (1, 2), (3, 4)) AS v(a, b)', 'SELECT a FROM (VALUES (?)) AS v(a, b)'],
    ['SELECT a FROM t WHERE a IN (VALUES (1), (2))', 'SELECT a FROM t WHERE a IN (VALUES (?))'],
    [
      'SELECT a FROM t WHERE a IN (b, $1, $2, lower(c), lower(c))',
      'SELECT a FROM t WHERE a IN (b, ?, lower(c))',
    ],
    ['SELECT a FROM t WHERE a = $1 OR a = $2::int OR a = lower($3)', 'SELECT a FROM t WHERE a = ?'],
    ['SELECT a FROM t WHERE (a, b) = ($1, $2) OR (a, b) = ($3, $4)', 'SELECT a FROM t WHERE (a, b) = (?)'],
    [
      'SELECT a FROM t WHERE ( (("t"."a" = $1) AND ("t"."b" = $2)) OR (("t"."a" = $3) AND ("t"."b" = $4)) ) AND ( "t"."c" IS NULL )',
      'SELECT a FROM t WHERE "t"."a" = ? AND "t"."b" = ? AND "t"."c" IS NULL',
    ],
    ['select A from t where b in ($1) and C = -5', 'SELECT a FROM t WHERE b IN (?) AND c = ?'],
    [
      'SELECT a FROM t OFFSET 5 ROWS FETCH FIRST 10 ROWS ONLY',
      'SELECT a FROM t OFFSET ? rows FETCH first ? rows only',
    ],
    ['SELECT a FROM t LIMIT 5, 10', 'SELECT a FROM t LIMIT ?, ?'],
    ['SELECT a - 1, a - -1, (a)-1, -1 FROM t', 'SELECT a - ?, a - ?, (a)-?, ? FROM t'],
    ['SELECT a[1:2], b::int[], a <@ b, a @@ c FROM t', 'SELECT a[?:?], b::int[], a <@ b, a @@ c FROM t'],
    [
      'SELECT left(a, 1) FROM t LEFT JOIN u ON (t.a = u.a)',
      'SELECT LEFT(a, ?) FROM t LEFT JOIN u ON t.a = u.a',
    ],
    [
      'SELECT COALESCE($1, $2), COALESCE($1::int, $2::int), COALESCE(a, 1, 2)',
      'SELECT COALESCE(?), COALESCE(?::int, ?::int), COALESCE(a, ?, ?)',
    ],
  ])('%j', (text, fingerprint) => {
    expect(normalizeQuery(text)).toBe(fingerprint);
    expect(normalizeQuery(fingerprint)).toBe(fingerprint);
  });

  it.each([
    [
      "INSERT INTO `Users`(a) VALUES (?, \"x\"), (?, 'it\\'s') ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b) + 1",
      'INSERT INTO `Users`(a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES (a), b = VALUES (b) + ?',
    ],
    [
      'select a from Users where b in (CONVERT(?, CHAR(36)), CAST(? AS UNSIGNED), NOW() - INTERVAL 1 DAY) order by field(id, 1, 2)',
      'SELECT a FROM Users WHERE b IN (?) ORDER BY FIELD(id, ?)',
    ],
    ['INSERT INTO t VALUES ROW(1,2), ROW(3,4)', 'INSERT INTO t VALUES ROW(?)'],
    [
      "SELECT a FROM t WHERE b IN (_utf8mb4'a', x'ab') LIMIT ?, ?",
      'SELECT a FROM t WHERE b IN (?) LIMIT ?, ?',
    ],
  ])('of MySQL: %j', (text, fingerprint) => {
    expect(normalizeQuery(text, 'mysql')).toBe(fingerprint);
    expect(normalizeQuery(fingerprint, 'mysql')).toBe(fingerprint);
  });
});

describe('different statements have different fingerprints', () => {
  it.each([
    ['SELECT a FROM t WHERE b IN ($1)', 'SELECT a FROM t WHERE b NOT IN ($1)'],
    ['SELECT a FROM t WHERE b IN ($1)', 'SELECT a FROM t WHERE c IN ($1)'],
    ['SELECT a FROM t WHERE b IN ($1)', 'SELECT a FROM t WHERE lower(b) IN ($1)'],
    ['SELECT a FROM t WHERE b IN ($1, c)', 'SELECT a FROM t WHERE b IN ($1, d)'],
    ['SELECT a FROM t WHERE b IN ($1, lower(c))', 'SELECT a FROM t WHERE b IN ($1, upper(c))'],
    ['SELECT a FROM t WHERE b IN ($1, c[1])', 'SELECT a FROM t WHERE b IN ($1, d[1])'],
    ['SELECT a FROM t WHERE b IN (SELECT c FROM u)', 'SELECT a FROM t WHERE b IN (SELECT c FROM v)'],
    ['SELECT a FROM t WHERE b = ANY($1)', 'SELECT a FROM t WHERE b = ALL($1)'],
    ['SELECT a FROM t WHERE b = ANY($1)', 'SELECT a FROM t WHERE b <> ANY($1)'],
    ['SELECT a FROM t WHERE b = 1 AND c = 2', 'SELECT a FROM t WHERE b = 1'],
    ['SELECT a FROM t WHERE b = 1 AND b = 2', 'SELECT a FROM t WHERE b = 1'],
    ['SELECT a FROM t WHERE b = 1 OR c = 2', 'SELECT a FROM t WHERE b = 1'],
    ['SELECT a FROM t WHERE b = 1 OR b > 2', 'SELECT a FROM t WHERE b = 1'],
    ['SELECT a FROM t WHERE b IS NULL OR b IS TRUE', 'SELECT a FROM t WHERE b IS NULL'],
    ['SELECT a FROM t WHERE (b = 1 OR c = 2) AND d = 3', 'SELECT a FROM t WHERE b = 1 OR c = 2 AND d = 3'],
    ['SELECT a FROM t WHERE NOT (b = 1 AND c = 2)', 'SELECT a FROM t WHERE NOT b = 1 AND c = 2'],
    ['SELECT a FROM t WHERE f($1) OR g($2)', 'SELECT a FROM t WHERE f($1)'],
    ['SELECT a - 1 FROM t', 'SELECT a + 1 FROM t'],
    ['SELECT lower(a) FROM t', 'SELECT upper(a) FROM t'],
    ['SELECT lower(a), lower(a) FROM t', 'SELECT lower(a) FROM t'],
    ['SELECT lower($1) FROM t', 'SELECT upper($1) FROM t'],
    ['SELECT coalesce(a, $1)', 'SELECT coalesce(a, $1, $2)'],
    ['SELECT "A" FROM t', 'SELECT "a" FROM t'],
    ['SELECT a FROM "Order"', 'SELECT a FROM "order"'],
    ['SELECT a FROM t LIMIT 1', 'SELECT a FROM t LIMIT 1, 2'],
    ['SELECT a::int FROM t', 'SELECT a::text FROM t'],
    ['INSERT INTO t(a) VALUES ($1)', 'INSERT INTO t(b) VALUES ($1)'],
    ['INSERT INTO t(a) VALUES ($1)', 'INSERT INTO t(a) VALUES ($1) ON CONFLICT DO NOTHING'],
  ])('%j and %j', (one, other) => {
    expect(normalizeQuery(one)).not.toBe(normalizeQuery(other));
  });

  it('of MySQL, whose names of tables have a case', () => {
    expect(normalizeQuery('SELECT a FROM Users', 'mysql')).not.toBe(
      normalizeQuery('SELECT a FROM users', 'mysql'),
    );
  });
});
