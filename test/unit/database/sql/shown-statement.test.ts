import { describe, expect, it } from 'vitest';
import { normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';
import { printable, shownStatement } from '../../../../src/database/sql/shown-statement.js';

const columns = (table: string, count = 20): string =>
  Array.from(
    { length: count },
    (_, index) => `"${table}"."column_${index}" AS "${table}_column_${index}"`,
  ).join(', ');
const joins = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `LEFT JOIN "t${index}" "T${index}" ON "T${index}"."id" = "Book"."t${index}_id"`,
  ).join(' ');

describe('a statement that is shown', () => {
  it('is whole where there is room for it', () => {
    const statement = 'SELECT "Book"."id" AS "Book_id" FROM "books" "Book" WHERE "Book"."id" = ?';
    expect(shownStatement(statement, statement.length)).toBe(statement);
  });

  it.each([
    [
      'a list of columns',
      `SELECT ${columns('Book')} FROM "books" "Book" WHERE (("Book"."id" = ?)) LIMIT ?`,
      'SELECT … FROM "books" "Book" WHERE (("Book"."id" = ?)) LIMIT ?',
    ],
    [
      'DISTINCT',
      `SELECT DISTINCT ${columns('Book')} FROM "books" "Book" WHERE "Book"."id" = ?`,
      'SELECT DISTINCT … FROM "books" "Book" WHERE "Book"."id" = ?',
    ],
    [
      'lower case',
      `select ${columns('b')} from books b where b.id = ?`,
      'select … from books b where b.id = ?',
    ],
    [
      'a subquery as a table',
      `SELECT DISTINCT "d"."id" FROM (SELECT ${columns('Book')} FROM "books" "Book" WHERE "x" = ?) "d" ORDER BY "id" LIMIT ?`,
      'SELECT DISTINCT "d"."id" FROM (SELECT … FROM "books" "Book" WHERE "x" = ?) "d" ORDER BY "id" LIMIT ?',
    ],
    [
      'a subquery as a column',
      `SELECT (SELECT COUNT(*) FROM "lines" "L" WHERE "L"."book" = "b"."id") AS "n", ${columns('b')} FROM "books" "b" WHERE "b"."id" = ?`,
      'SELECT … FROM "books" "b" WHERE "b"."id" = ?',
    ],
    [
      'functions and comparisons with FROM in them',
      `SELECT EXTRACT(YEAR FROM "a"), SUBSTRING("b" FROM ?), "c" IS DISTINCT FROM "d", ${columns('b')} FROM "books" "b" WHERE "b"."id" = ?`,
      'SELECT … FROM "books" "b" WHERE "b"."id" = ?',
    ],
    [
      'common table expressions',
      `WITH "from" AS (SELECT ${columns('a')} FROM "authors" "a" WHERE "a"."id" = ?) SELECT ${columns('f', 30)} FROM "from" "f" WHERE "f"."x" = ?`,
      'WITH "from" AS (SELECT … FROM "authors" "a" WHERE "a"."id" = ?) SELECT … FROM "from" "f" WHERE "f"."x" = ?',
    ],
    [
      'UNION',
      `SELECT ${columns('a')} FROM "a" WHERE "id" = ? UNION ALL SELECT ${columns('b')} FROM "b" WHERE "id" = ?`,
      'SELECT … FROM "a" WHERE "id" = ? UNION ALL SELECT … FROM "b" WHERE "id" = ?',
    ],
    [
      'parentheses around it',
      `(SELECT ${columns('a')} FROM "a" WHERE "id" = ?) UNION (SELECT ${columns('b')} FROM "b" WHERE "id" = ?)`,
      '(SELECT … FROM "a" WHERE "id" = ?) UNION (SELECT … FROM "b" WHERE "id" = ?)',
    ],
    [
      'names that are keywords in quotes',
      `SELECT "t"."from" AS "where", "select" AS "a "" from b", ${columns('t')} FROM "where" "from" WHERE "select" = ?`,
      'SELECT … FROM "where" "from" WHERE "select" = ?',
    ],
    [
      'names that are keywords in backticks',
      `SELECT \`t\`.\`from\` AS \`x from y\`, \`t\`.from, ${columns('t')} FROM \`from\` \`t\` WHERE \`where\` = ?`,
      'SELECT … FROM `from` `t` WHERE `where` = ?',
    ],
    [
      'names that are keywords in brackets',
      `SELECT [t].[from] AS [x from y], ${columns('t')} FROM [from] [t] WHERE [where] = ?`,
      'SELECT … FROM [from] [t] WHERE [where] = ?',
    ],
    [
      'a parenthesis in a name',
      `SELECT "a)" AS "(", ${columns('t')} FROM "t(" WHERE ")" = ?`,
      'SELECT … FROM "t(" WHERE ")" = ?',
    ],
    [
      'no space before its list',
      `SELECT(${columns('t')})FROM "t" WHERE "a" = ?`,
      'SELECT … FROM "t" WHERE "a" = ?',
    ],
    [
      'INSERT',
      `INSERT INTO "copies" SELECT ${columns('b')} FROM "books" "b" WHERE "b"."id" = ?`,
      'INSERT INTO "copies" SELECT … FROM "books" "b" WHERE "b"."id" = ?',
    ],
  ])('loses its select list: %s', (_name, statement, shown) => {
    expect(shownStatement(statement, 300)).toBe(shown);
  });

  it('loses the longest select list only, where that is enough', () => {
    const statement = `SELECT "d"."id" AS "id", "d"."n" AS "n" FROM (SELECT ${columns('Book')} FROM "books" "Book") "d"`;
    expect(shownStatement(statement, 100)).toBe(
      'SELECT "d"."id" AS "id", "d"."n" AS "n" FROM (SELECT … FROM "books" "Book") "d"',
    );
  });

  it.each([
    [
      'long joins',
      `SELECT ${columns('Book')} FROM "books" "Book" ${joins(20)} WHERE (("Book"."id" = ?)) LIMIT ?`,
    ],
    [
      'a long WHERE',
      `SELECT ${columns('Book')} FROM "books" "Book" WHERE (${'"Book"."author_name" = ? AND '.repeat(40)}TRUE) LIMIT ?`,
    ],
    [
      'long common table expressions',
      `WITH a AS (SELECT a FROM ${'x, '.repeat(200)} y) SELECT ${columns('Book')} FROM "books" "Book" JOIN a ON ? WHERE "b" = ? LIMIT ?`,
    ],
    [
      'all of them',
      `WITH a AS (SELECT a FROM ${'x, '.repeat(200)} y) SELECT ${columns('Book')} FROM "books" "Book" ${joins(20)} WHERE ${'"b" = ? OR '.repeat(100)} LIMIT ?`,
    ],
    [
      'a long subquery as a table',
      `SELECT DISTINCT ${columns('d')} FROM (SELECT ${columns('Book')} FROM "books" "Book" ${joins(20)} WHERE "Book"."id" = ?) "d" ORDER BY "d"."id" LIMIT ?`,
    ],
  ])('keeps FROM with its table, WHERE and the end: %s', (_name, statement) => {
    const shown = shownStatement(statement, 300);
    expect(shown.length).toBeLessThanOrEqual(300);
    expect(shown.length).toBeGreaterThan(150);
    expect(shown).toMatch(
      /^(?:WITH a AS .*|SELECT DISTINCT … FROM \()?SELECT … FROM "books" "Book".* WHERE .*LIMIT \?$/,
    );
    expect(shown.replaceAll('SELECT … FROM', '')).toContain('…');
  });

  it('keeps the table and the condition of a write', () => {
    const shown = shownStatement(
      `UPDATE "books" SET ${'"title" = ?, '.repeat(60)}"n" = ? WHERE "id" = ?`,
      300,
    );
    expect(shown).toMatch(/^UPDATE "books" SET "title" = \?.*… WHERE "id" = \?$/);
    const inserted = shownStatement(`INSERT INTO "books"(${columns('b')}) VALUES (?) RETURNING "id"`, 300);
    expect(inserted).toMatch(/^INSERT INTO "books"\(.*….*VALUES \(\?\) RETURNING "id"$/);
    const deleted = shownStatement(`DELETE FROM "books" WHERE ${'"id" = ? OR '.repeat(60)}"n" = ?`, 300);
    expect(deleted).toMatch(/^DELETE FROM "books" WHERE "id" = \?.*….*OR "n" = \?$/);
  });

  it.each([0, 1, 2, 3, 5, 10, 50, 299])('is never longer than %d characters', (length) => {
    for (const statement of [
      'a'.repeat(9000),
      `SELECT ${columns('b')} FROM "b" ${joins(9)} WHERE ${'x = ? OR '.repeat(99)}`,
      '('.repeat(500),
      ')'.repeat(500),
      '"'.repeat(501),
      `SELECT ${'SELECT '.repeat(300)} FROM`,
      '😀'.repeat(300),
    ]) {
      expect(shownStatement(statement, length).length).toBeLessThanOrEqual(length);
      expect(shownStatement(statement, length)).toBe(printable(shownStatement(statement, length)));
    }
  });

  it('is one of the texts that fingerprints are', () => {
    const text = `SELECT ${columns('b')} -- from\n FROM /* where */ "books" "b" WHERE "b"."id" IN ($1, $2) AND x = 'from y where'`;
    expect(shownStatement(normalizeQuery(text), 100)).toBe(
      'SELECT … FROM "books" "b" WHERE "b"."id" IN (?) AND x = ?',
    );
  });

  it('takes no longer than its length asks for', () => {
    const hostile = ['SELECT (', 'SELECT a FROM ', '"a" FROM [', 'WHERE (', '[a', '`"'].map((part) =>
      part.repeat(200_000 / part.length),
    );
    // Quadratic work would take minutes.
    for (const statement of hostile) {
      expect(shownStatement(statement, 300).length).toBeLessThanOrEqual(300);
    }
  });
});

it.each([
  ['line breaks', 'a\nb\r\nc', 'a b  c'],
  ['what terminals obey', 'a\u001b[31mb\u0007\u009b', 'a [31mb  '],
  ['what turns the direction of writing', 'a\u202eb\u2066c\u200f', 'a b c '],
  ['separators', 'a\u2028b\u2029c\u0085d', 'a b c d'],
  ['what cannot be seen', 'a\u200bb\ufeffc\u00add', 'a b c d'],
])('shows a space in place of %s', (_name, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(shownStatement(`SELECT "${text}"`, 300)).toBe(`SELECT "${shown}"`);
});

it('shows U+FFFD in place of NUL and halves of characters', () => {
  expect(printable('a\0b\ud83dc😀')).toBe('a\ufffdb\ufffdc😀');
});
