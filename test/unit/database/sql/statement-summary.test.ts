import { describe, expect, it } from 'vitest';
import { normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';
import { statementSummary } from '../../../../src/database/sql/statement-summary.js';
import { expectBoundedTime } from '../../../support/linear-time.js';

const SUMMARIES: readonly (readonly [text: string, summary: string])[] = [
  ['SELECT * FROM books', 'SELECT books'],
  ['select "b"."id" from "public"."Book" "b" where "b"."id" = $1', 'SELECT Book'],
  ['SELECT * FROM Books, shop.Authors a WHERE a.id = 1', 'SELECT books, authors'],
  [
    'SELECT * FROM books b LEFT JOIN authors a ON a.id = b.author_id JOIN books c USING (id)',
    'SELECT books, authors',
  ],
  ['SELECT * FROM [dbo].[book] WHERE [id] = @0', 'SELECT book'],
  ['SELECT a[i], b[1] FROM t', 'SELECT t'],
  ['SELECT * FROM (SELECT * FROM orders o JOIN customers c USING (id)) x', 'SELECT orders, customers'],
  ['SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b) AND id IN (SELECT id FROM c)', 'SELECT a, b, c'],
  ['SELECT 1 FROM a UNION ALL SELECT 2 FROM b', 'SELECT a, b'],
  ['(SELECT id FROM a) UNION (TABLE b)', 'SELECT a, b'],
  ['TABLE books', 'SELECT books'],
  ['SELECT now()', 'SELECT'],
  ["SELECT nextval('ids'), EXTRACT(year FROM day), a IS DISTINCT FROM b FROM t", 'SELECT t'],
  ['SELECT * FROM generate_series(1, 3) n, unnest($1::int[]) u, books', 'SELECT books'],
  ['SELECT * FROM ROWS FROM (f(1)) r, LATERAL g(2), ONLY books', 'SELECT books'],
  ['SELECT id FROM books WHERE id = $1 FOR UPDATE OF books', 'SELECT books'],
  ['SELECT id FROM books FOR NO KEY UPDATE', 'SELECT books'],
  ['VALUES (1), (2)', 'VALUES'],
  ['WITH b AS (SELECT * FROM books) SELECT * FROM b JOIN authors USING (id)', 'SELECT books, authors'],
  ['WITH books AS (SELECT * FROM books) SELECT * FROM books', 'SELECT books'],
  [
    'WITH RECURSIVE tree(id) AS (SELECT id FROM node UNION ALL SELECT n.id FROM node n JOIN tree USING (id)) SELECT * FROM tree',
    'SELECT node',
  ],
  ['WITH gone AS (DELETE FROM books RETURNING *) SELECT * FROM gone', 'DELETE books SELECT'],
  ['WITH x AS (SELECT id FROM a) INSERT INTO b SELECT id FROM x', 'SELECT a INSERT b SELECT'],
  ['WITH update AS MATERIALIZED (SELECT 1) UPDATE a SET b = 1 FROM update', 'SELECT UPDATE a'],

  ["INSERT INTO books(id, name) VALUES ($1, 'x'), (DEFAULT, upper($2)) RETURNING id", 'INSERT books'],
  [
    'INSERT INTO "shop"."books" AS b (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name',
    'INSERT books',
  ],
  ['INSERT INTO archive (id) SELECT id FROM books WHERE id < 5', 'INSERT archive SELECT books'],
  ['INSERT INTO a (b) (SELECT b FROM c)', 'INSERT a SELECT c'],
  ['INSERT INTO a DEFAULT VALUES', 'INSERT a'],
  ['UPDATE books SET a = 1, b = (SELECT max(c) FROM prices) WHERE id = $1', 'UPDATE books SELECT prices'],
  ['UPDATE ONLY books b SET a = x.a FROM other x, third WHERE x.id = b.id', 'UPDATE books, other, third'],
  ['DELETE FROM books WHERE id IN (SELECT book_id FROM gone)', 'DELETE books SELECT gone'],
  [
    'DELETE FROM books b USING authors a, c JOIN d USING (id) WHERE a.id = b.id',
    'DELETE books, authors, c, d',
  ],
  [
    'MERGE INTO stock s USING (SELECT * FROM sales) x ON s.id = x.id WHEN MATCHED THEN UPDATE SET n = 1, m = 2 WHEN NOT MATCHED THEN INSERT (id) VALUES (1)',
    'MERGE stock SELECT sales',
  ],
  ['MERGE INTO stock USING sales ON true WHEN MATCHED AND (a) THEN DELETE', 'MERGE stock, sales'],

  ['BEGIN', 'BEGIN'],
  ['START TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'START TRANSACTION'],
  ['START "secret"', 'START'],
  ["PREPARE TRANSACTION 'secret'", 'PREPARE TRANSACTION'],
  ['SAVEPOINT typeorm_1', 'SAVEPOINT'],
  ['RELEASE SAVEPOINT typeorm_1', 'RELEASE'],
  ['ROLLBACK TO SAVEPOINT typeorm_12', 'ROLLBACK'],
  ["SET search_path TO 'tenant_7'", 'SET'],
  ['LISTEN channel_7', 'LISTEN'],
  ['EXECUTE plan_of_user_7(1)', 'EXECUTE'],
  ['CALL refresh_totals(1)', 'CALL'],
  ['EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM books', 'EXPLAIN SELECT books'],
  ['EXPLAIN ANALYZE DELETE FROM books', 'EXPLAIN DELETE books'],
  ['DECLARE c7 CURSOR FOR SELECT * FROM books', 'DECLARE SELECT books'],
  ['COPY books (id, name) FROM STDIN', 'COPY books'],
  ['COPY (SELECT * FROM books) TO STDOUT', 'COPY SELECT books'],
  ['TRUNCATE TABLE ONLY books, shop.authors RESTART IDENTITY', 'TRUNCATE books, authors'],
  ['CREATE TABLE tmp_17 AS SELECT * FROM books', 'CREATE TABLE'],
  ['CREATE UNIQUE INDEX CONCURRENTLY i ON books (name)', 'CREATE INDEX'],
  [
    'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT secret FROM t $$',
    'CREATE FUNCTION',
  ],
  ['ALTER TABLE "books" ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES b ON DELETE CASCADE', 'ALTER TABLE'],
  ['DROP SOMETHING ELSE', 'DROP'],
  ['GRANT SELECT, INSERT ON books TO "user 7"', 'GRANT'],

  ['BEGIN; UPDATE a SET b = 1; COMMIT', 'BEGIN; UPDATE a; COMMIT'],
  ['INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);', 'INSERT a'],
  ['CREATE TABLE a (b int); DROP TABLE c; SELECT 1', 'CREATE TABLE; DROP TABLE; SELECT'],
  ['/* FROM a */ -- SELECT * FROM b\n SELECT * FROM c -- , d', 'SELECT c'],
  ["SELECT 'FROM a', E'\\' FROM b', $$ FROM c $$, $x$ FROM d $x$ FROM e", 'SELECT e'],
  ['SELECT * FROM "a\u202e, b" JOIN "list, of songs" ON true', 'SELECT a , b, list, of songs'],
  ['SELECT * FROM', 'SELECT'],
  ['SELECT * FROM ? WHERE a = ?', 'SELECT'],
  ['SELECT * FROM #temporary t', 'SELECT temporary'],
];

const MYSQL_SUMMARIES: readonly (readonly [text: string, summary: string])[] = [
  ['SELECT `b`.`id` FROM `shop`.`Book` `b` WHERE `b`.`name` = "FROM secret"', 'SELECT Book'],
  ['SELECT "a\\" FROM secret" FROM t # , secret', 'SELECT t'],
  ['INSERT IGNORE INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)', 'INSERT t'],
  ['INSERT INTO t SET a = 1, b = INSERT("x", 1, 2, "y")', 'INSERT t'],
  ["REPLACE INTO t (a) VALUES (REPLACE('a', 'b', 'c'))", 'REPLACE t'],
  ['UPDATE LOW_PRIORITY a JOIN b ON a.id = b.id SET a.x = 1, b.y = 2', 'UPDATE a, b'],
  ['UPDATE IGNORE a, b SET a.x = b.x', 'UPDATE a, b'],
  ['DELETE x, y FROM a x JOIN b y USING (id)', 'DELETE a, b'],
  ['SHOW TABLES LIKE "secret"', 'SHOW'],
];

const WITHOUT_SUMMARY = [
  '',
  '   ',
  ';',
  'hello secret FROM a',
  '???',
  '"SELECT" 1',
  "'secret",
  ')(,;. FROM JOIN',
  '/* c */',
];

describe('the summary of a statement', () => {
  it.each(SUMMARIES)('of %s is %s', (text, summary) => {
    expect(statementSummary(text)).toBe(summary);
  });

  it.each(MYSQL_SUMMARIES)('of %s (MySQL) is %s', (text, summary) => {
    expect(statementSummary(text, 'mysql')).toBe(summary);
  });

  it.each(WITHOUT_SUMMARY)('is missing without a known operation: %j', (text) => {
    expect(statementSummary(text)).toBeUndefined();
  });

  it.each(SUMMARIES)('of the fingerprint of %s is the same', (text, summary) => {
    expect(statementSummary(normalizeQuery(text))).toBe(summary);
  });

  it('has the tables after a select list that is longer than a fingerprint', () => {
    const columns = Array.from({ length: 400 }, (_, n) => `"Book"."column_${n}" AS "Book_column_${n}"`);
    expect(statementSummary(`SELECT ${columns.join(', ')} FROM "book" "Book"`)).toBe('SELECT book');
  });

  it('reads the beginning of a long text only, and no part of a name', () => {
    const start = `SELECT ${'a, '.repeat(10_000)}`;
    const text = `${start}${' '.repeat(32_768 - start.length - 'FROM boo'.length)}FROM books`;
    expect(statementSummary(text)).toBe('SELECT');
    const long: readonly (readonly [text: string, summary: string])[] = [
      [`INSERT INTO t VALUES ${"('secret'), ".repeat(900_000)}`, 'INSERT t'],
      [`SELECT '${'x'.repeat(10_000_000)}`, 'SELECT'],
      [`SELECT ${'('.repeat(5_000_000)}`, 'SELECT'],
    ];
    for (const [hostile, summary] of long) {
      expect(statementSummary(hostile)).toBe(summary);
      expectBoundedTime(hostile, 40_000, statementSummary);
    }
  });

  it('has at most 255 characters, and ends with a whole name', () => {
    const tables = Array.from({ length: 100 }, (_, n) => `table_${n}`);
    const summary = statementSummary(`SELECT * FROM ${tables.join(', ')}`);
    expect(summary?.length).toBeLessThanOrEqual(255);
    expect(summary).toMatch(/^SELECT table_0, table_1, .*, table_2\d…$/);
    expect(statementSummary(`SELECT * FROM ${'x'.repeat(300)}`)).toBe('SELECT…');
  });
});
