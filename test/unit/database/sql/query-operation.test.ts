import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  QUERY_OPERATIONS,
  queryOperation,
  type QueryOperation,
} from '../../../../src/database/sql/query-operation.js';

const TEXTS: Readonly<Record<QueryOperation, readonly string[]>> = {
  select: [
    'SELECT 1',
    'select 1',
    'sElEcT 1',
    '  \n\t SELECT 1',
    'SELECT*FROM t',
    'SELECT"id"FROM t',
    "SELECT'a'",
    'SELECT(1)',
    '((SELECT 1) UNION (SELECT 2))',
    ';SELECT 1',
    '-- a comment\nSELECT 1',
    '/* DELETE */ SELECT 1',
    '/* DELETE /* UPDATE */ INSERT */ SELECT 1',
    '/**/SELECT/**/1',
    'SELECT 1; DELETE FROM t',
    'TABLE t',
    'VALUES (1), (2)',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'with a as (delete from t returning *) select * from a',
    'WITH RECURSIVE a(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM a) SELECT n FROM a',
    'WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (DELETE FROM t RETURNING 1) TABLE b',
    'WITH a AS (SELECT 1) (SELECT 1) UNION (SELECT 2)',
    'WITH a AS (SELECT 1)SELECT 1',
    'WITH update AS (SELECT 1) SELECT * FROM update',
    'WITH a AS (SELECT 1), delete AS (SELECT 2) SELECT 3',
    'WITH "delete" AS (SELECT 1) SELECT 1',
    'WITH insert_rows AS (SELECT 1) SELECT 1',
    'WITH a_long_name_with_update AS (SELECT 1) SELECT 1',
    'WITH delete1 AS (SELECT 1) SELECT 1',
    'WITH éupdate AS (SELECT 1) SELECT 1',
    "WITH a AS (SELECT ')', '(', 'it''s )', E'it\\'s )') SELECT 1",
    'WITH a AS (SELECT $$ ) DELETE $$, $tag$ ) $$ ) $tag$) SELECT 1',
    'WITH a AS (SELECT $1, $2) SELECT 1',
    'WITH a AS (SELECT 1 /* ) DELETE /* ) */ ) */) SELECT 1',
    'WITH a AS (SELECT 1 -- ) DELETE\n) SELECT 1',
    'WITH a AS (SELECT 1) SEARCH DEPTH FIRST BY id SET ord SELECT 1',
    '/* app */ WITH /* ( */ a AS (SELECT 1) -- (\n SELECT 1',
  ],
  insert: ['INSERT INTO t VALUES (1)', 'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a'],
  update: [
    'UPDATE t SET a = 1',
    'WITH a AS (DELETE FROM t RETURNING id) UPDATE u SET b = 1 FROM a',
    'WITH a AS (SELECT ((((1))))) UPDATE u SET b = 1',
  ],
  delete: ['DELETE FROM t', 'with x as (select 1), y as (select 2) delete from t using x, y'],
  transaction: [
    'BEGIN',
    'BEGIN;',
    'begin isolation level serializable',
    'START TRANSACTION',
    'COMMIT',
    'ROLLBACK TO SAVEPOINT a',
    'SAVEPOINT typeorm_1',
    'RELEASE SAVEPOINT typeorm_1',
    'END',
    'ABORT',
    'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'set session characteristics as transaction read only',
    'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    '/* app */ SET TRANSACTION READ ONLY',
    "PREPARE TRANSACTION 'a'",
  ],
  ddl: [
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ADD b int',
    'DROP TABLE t',
    'TRUNCATE t',
    "COMMENT ON TABLE t IS 'SELECT'",
    'GRANT SELECT ON t TO u',
    'REVOKE ALL ON t FROM u',
  ],
  other: [
    '',
    ' ',
    ';',
    '-- SELECT',
    '/* SELECT',
    '\0',
    'EXPLAIN ANALYZE SELECT 1',
    'COPY t FROM STDIN',
    'MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE',
    'WITH a AS (SELECT 1) MERGE INTO t USING a ON true WHEN MATCHED THEN DELETE',
    'CALL p()',
    'DO $$ BEGIN END $$',
    "SET search_path = 'transaction'",
    'PREPARE p AS SELECT 1',
    'SHOW ALL',
    'LISTEN a',
    'selected',
    'select_1',
    'SELECT1',
    'insertion',
    'WITH',
    'WITH a AS (SELECT 1',
    "WITH a AS (SELECT ') SELECT 1",
    'WITH a AS (SELECT $x$ ) SELECT 1',
    'WITH a AS (SELECT 1 /* ) SELECT 1',
  ],
};

describe.each(Object.entries(TEXTS))('%s', (operation, texts) => {
  it.each(texts)('is the operation of %j', (text) => {
    expect(queryOperation(text)).toBe(operation);
  });
});

it('passes NUL bytes as white space', () => {
  expect(queryOperation('\0SELECT\0 1')).toBe('select');
  expect(queryOperation('WITH a AS (\0)\0DELETE FROM t')).toBe('delete');
});

/** What may stand wherever white space may, and says nothing. */
const gap = fc.array(
  fc.constantFrom(' ', '\n', '\t', '-- x ( \' "\n', "/* ) ' */", '/* /* ( */ DELETE */', '/**/'),
  { minLength: 1, maxLength: 4 },
);
/** What may stand in a common table expression, and does not end it. */
const content = fc.array(
  fc.constantFrom(
    "')'",
    "'it''s ('",
    "E'\\')'",
    '"a)b"',
    '$$)$$',
    '$q$ )$$( $q$',
    '(DELETE)',
    '(1, (2))',
    'SELECT',
    'update',
    ',',
    '$1',
  ),
  { maxLength: 8 },
);
const name = fc.constantFrom('a', 'update', 'Delete', '"in sert"', 'values_1', 'ünïcode', 'select$');
const verb = fc.constantFrom(
  ['SELECT', 'select'],
  ['inSert', 'insert'],
  ['update', 'update'],
  ['DELETE', 'delete'],
  ['VALUES', 'select'],
  ['MERGE', 'other'],
);

it('finds the statement after any common table expressions', () => {
  const tables = fc.array(fc.tuple(name, content), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(gap, gap, tables, verb, (before, between, expressions, [word, operation]) => {
      const space = between.join('');
      const list = expressions.map(([table, inner]) => `${table}${space}AS${space}(${inner.join(space)})`);
      const text = `${before.join('')}WITH${space}${list.join(`${space},`)}${space}${word} t`;
      expect(queryOperation(text)).toBe(operation);
    }),
    { numRuns: 500 },
  );
});

it('answers with a known operation whatever the text', () => {
  const fragment = fc.constantFrom(
    'WITH',
    'select',
    '(',
    ')',
    "'",
    '"',
    '$$',
    '$a$',
    '/*',
    '*/',
    '--',
    ',',
    '\\',
    'E',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fragment).map((all) => all.join('')),
      ),
      (text) => {
        expect(QUERY_OPERATIONS).toContain(queryOperation(text));
      },
    ),
    { numRuns: 1000 },
  );
});

it.each([
  ['parentheses', `WITH a AS ${'('.repeat(100_000)}`],
  ['opened comments', `WITH a AS ${'/*'.repeat(50_000)}`],
  ['unended dollar quotes', `WITH a AS ${Array.from({ length: 20_000 }, (_, i) => `$a${i}$`).join('')}`],
  ['quotes', `WITH a AS ${"'".repeat(100_001)}`],
  ['escaped quotes', `WITH a AS E'${"\\'".repeat(50_000)}`],
  ['words', `WITH ${'a'.repeat(100_000)}`],
  ['white space', ' '.repeat(100_000)],
  ['white space after SET', `SET${' '.repeat(100_000)}`],
  ['dashes', '-- \n'.repeat(25_000)],
])('looks at a text of 100 kB of %s without going over it again and again', (_what, text) => {
  queryOperation(text);
  const startedAt = performance.now();
  expect(queryOperation(text)).toBe('other');
  // A tenth of a millisecond on an idle machine; as many steps as the square of its length take a minute.
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

it('takes the statement of a text of 100 kB whose end is not looked at', () => {
  const values = Array.from({ length: 20_000 }, (_, index) => `(${index})`).join(',');
  expect(queryOperation(`INSERT INTO t VALUES ${values}`)).toBe('insert');
  expect(queryOperation(`WITH a AS (VALUES ${values}) DELETE FROM t`)).toBe('other');
});
