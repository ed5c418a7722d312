import { describe, expect, it } from 'vitest';
import { normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';
import { readsTable } from '../../../../src/database/sql/reads-table.js';

const TABLE_READS = [
  'SELECT * FROM books',
  'select "b"."id" AS "b_id" from "public"."book" "b" where "b"."id" = $1',
  'SELECT `b`.`id` FROM `book` `b` WHERE `b`.`id` = ?',
  'SELECT * FROM [dbo].[book] WHERE id = @0',
  'TABLE books',
  '(SELECT 1) UNION (TABLE books)',
  'SELECT 1 UNION ALL SELECT id FROM books',
  '((SELECT id FROM a)) UNION ((SELECT 2))',
  'SELECT EXISTS (SELECT 1 FROM books WHERE id = $1)',
  'SELECT (SELECT count(*) FROM books) AS n',
  'SELECT EXTRACT(year FROM (SELECT max(day) FROM days))',
  'SELECT * FROM ONLY books',
  'SELECT * FROM ONLY (books)',
  'SELECT * FROM (books JOIN authors ON true)',
  'SELECT * FROM generate_series(1, 3) n, books',
  'SELECT * FROM generate_series(1, 3) n JOIN books b ON b.id = n',
  'SELECT * FROM unnest($1::int[]) WITH ORDINALITY u(id, n) LEFT JOIN books USING (id)',
  'SELECT * FROM (VALUES (1), (2)) v(id) CROSS JOIN LATERAL (SELECT * FROM books WHERE id = v.id) b',
  'SELECT DISTINCT name FROM books',
  'SELECT a IS DISTINCT FROM $1 FROM books',
  'SELECT id FROM books WHERE id = $1 FOR UPDATE',
  'WITH b AS (SELECT * FROM books) SELECT * FROM b',
  // Not recursive: within its own text, the name is the table's.
  'WITH books AS (SELECT * FROM books WHERE id = $1) SELECT * FROM books',
  'WITH a AS (SELECT 1) SELECT * FROM schema_of.a',
  'WITH RECURSIVE tree (id) AS (SELECT id FROM node UNION ALL SELECT n.id FROM node n JOIN tree USING (id)) SELECT * FROM tree',
  "SELECT REPLACE(name, 'a', 'b') FROM books WHERE x = (REPLACE('a', 'b', 'c'))",
  'SELECT 1; SELECT * FROM books',
  'SELECT t.* FROM pg_catalog.pg_class c JOIN books t ON t.name = c.relname',
  'SELECT /* FROM nothing */ id FROM books -- WHERE',
  "SELECT * FROM JSON_TABLE($1, '$[*]' COLUMNS (id int PATH '$.id')) j, books",
  `SELECT ${Array.from({ length: 900 }, (_, n) => `"Book"."column_${n}" AS "Book_column_${n}"`).join(', ')} FROM "book" "Book"`,
];

const NO_TABLE_READS = [
  'SELECT 1',
  'SELECT $1::int AS id, now()',
  "SELECT nextval('ids')",
  "SELECT set_config('app.tenant', $1, true)",
  'SELECT pg_advisory_xact_lock($1, $2)',
  'SELECT VERSION() AS `version`',
  'SELECT 1 FROM dual WHERE 1 = 1',
  'VALUES (1, 2), (3, 4)',
  'SELECT * FROM (VALUES (1), (2)) AS v(id)',
  'SELECT n FROM generate_series(1, 3) n',
  'SELECT n FROM generate_series(1, 3) AS g(n) WHERE n > $1 ORDER BY n',
  'SELECT * FROM unnest($1::int[]) a, unnest($2::int[]) b',
  'SELECT * FROM pg_catalog.generate_series(1, 2)',
  'SELECT value FROM json_each($1)',
  'SELECT * FROM ROWS FROM (generate_series(1, 2), unnest($1::int[])) AS r',
  'SELECT * FROM LATERAL my_function($1) f',
  "SELECT EXTRACT(year FROM created_at), TRIM(BOTH 'x' FROM $1), SUBSTRING($1 FROM 1 FOR 2)",
  'SELECT $1 IS DISTINCT FROM books',
  'SELECT \'FROM books\', "FROM books" -- FROM books',
  'WITH a AS (SELECT 1 AS n), b(n) AS MATERIALIZED (SELECT n FROM a) SELECT * FROM b JOIN a USING (n)',
  'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t',
  'SELECT * FROM ((SELECT 1 AS n)) x',
  'WITH gone AS (DELETE FROM books WHERE id = $1 RETURNING *) SELECT * FROM gone',
  'WITH old AS (SELECT * FROM books), new AS (INSERT INTO books SELECT * FROM old RETURNING id) SELECT id FROM new',
  'SELECT * FROM information_schema.columns WHERE table_name = $1',
  'SELECT * FROM "INFORMATION_SCHEMA"."TABLES"',
  'SELECT * FROM "pg_class" "c" INNER JOIN "pg_catalog"."pg_namespace" "n" ON n.oid = c.relnamespace',
  'SELECT * FROM `information_schema`.`COLUMNS`',
  'SELECT * FROM "sqlite_master" WHERE "type" = \'table\'',
  "SELECT * FROM pragma_table_info('books')",
  'SELECT value FROM "typeorm_metadata" WHERE type = $1',
  '',
  ')(,;. FROM JOIN',
];

describe('a statement', () => {
  it.each(TABLE_READS)('reads a table: %s', (text) => {
    expect(readsTable(normalizeQuery(text, text.includes('`') ? 'mysql' : 'standard'))).toBe(true);
  });

  it.each(NO_TABLE_READS)('reads no table: %s', (text) => {
    expect(readsTable(normalizeQuery(text, text.includes('`') ? 'mysql' : 'standard'))).toBe(false);
  });

  it('is looked through once, however many parentheses it has', () => {
    const text = `SELECT ${'('.repeat(4000)}${')'.repeat(4000)}`;
    expect(readsTable(text)).toBe(true);
    expect(readsTable(text.slice(0, 7000))).toBe(false);
    expect(readsTable(`SELECT ${'a as ('.repeat(1000)}`)).toBe(false);
  });
});
