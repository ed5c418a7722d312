import { describe, expect, it } from 'vitest';
import {
  reachOn,
  readSessionChange,
  type ServerKnowledge,
} from '../../../../src/database/statement-cache/session-change.js';
import { Reach } from '../../../../src/database/statement-cache/session-statements.js';

const HARMLESS = new Set(['count', 'now', 'lower', 'nextval', 'numeric', 'a function']);
const server: ServerKnowledge = {
  isHarmless: (name) => HARMLESS.has(name),
  reports: (setting) => setting === 'timezone',
  isActing: (text) => text.includes('audited'),
};
const reach = (text: string, isSingle = false): string =>
  Reach[reachOn(server, text, readSessionChange(text, isSingle))] ?? '';

describe('how far a statement reaches', () => {
  it.each([
    'SELECT id FROM t WHERE id = $1',
    'SELECT count(*), lower(name) FROM t WHERE made < now()',
    'SELECT "a function"(1)',
    `INSERT INTO "books"("title", "author") VALUES ($1, DEFAULT) RETURNING "id"`,
    'INSERT INTO "s"."books" ("title") VALUES ($1)',
    'INSERT INTO s . books (title) VALUES ($1) ON CONFLICT (title) DO UPDATE SET (a, b) = (1, 2)',
    'WITH x(a) AS (SELECT 1) SELECT * FROM x WHERE a IN (1) AND (a = 1 OR EXISTS (SELECT 1))',
    'SELECT * FROM (VALUES (1)) AS v(id) JOIN (SELECT 1) w(id) USING (id)',
    'SELECT price::numeric(10, 2), CAST(a AS varchar(10)) FROM t',
    `SELECT 'set_tenant(1)', "set_tenant" -- set_tenant(2)\nFROM t /* set_tenant(3) */`,
    `SELECT $tag$ ; SET search_path = x; $tag$`,
    `SELECT '; SET search_path = x'`,
    'MERGE INTO t (id) USING s ON true WHEN MATCHED THEN DO NOTHING',
    'WITH x AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM x',
    'BEGIN',
    'START TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'COMMIT; BEGIN',
    'SAVEPOINT a',
    'PREPARE TRANSACTION $a$x$a$',
    'SET statement_timeout = 1',
    `SET LOCAL app.tenant = '1'`,
    `SELECT set_config('app.tenant', $1, true)`,
    `SELECT pg_catalog.set_config('statement_timeout', '1', false)`,
    'SET TRANSACTION READ ONLY',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    'SET CONSTRAINTS ALL DEFERRED',
    `SET TIME ZONE 'UTC'`,
    'SET LOCAL timezone TO UTC',
    'RESET "TimeZone"',
    'RESET app.tenant',
    'COPY t FROM STDIN',
    'COPY s.t (a, b) FROM STDIN',
    'SELECT DISTINCT ON (a) count(b) FROM t',
    'SELECT * FROM (SELECT 1) /* :) */ w(id)',
    'EXPLAIN (ANALYZE, VERBOSE) SELECT 1',
    'LISTEN x',
    `SELECT setting FROM pg_settings WHERE name = 'search_path'`,
    '',
    ' ; ; ',
  ])('none: %s', (text) => {
    expect(reach(text)).toBe('None');
  });

  it.each([
    'SET LOCAL search_path = x',
    'set /* a */ local -- b\n "search_path" TO x',
    'SELECT 1; SET LOCAL role x',
    `SELECT set_config('search_path', $1, true)`,
    `SELECT set_config ( 'search_path' , $1::text , 't' )`,
  ])('the transaction: %s', (text) => {
    expect(reach(text)).toBe('Transaction');
  });

  it.each([
    'SET search_path = x',
    'SET SESSION search_path = x',
    `SET SCHEMA 'x'`,
    'SET ROLE x',
    'SET SESSION AUTHORIZATION x',
    'RESET ALL',
    'RESET ROLE',
    'RESET search_path',
    'SET unheard_of = 1',
    'DISCARD ALL',
    'DEALLOCATE x',
    'DO $$ BEGIN END $$',
    'CALL p()',
    'EXECUTE x(1)',
    'FROBNICATE',
    'SELECT 1; SELECT 2; SET search_path = x',
    `SELECT set_config('search_path', $1, false)`,
    'SELECT set_config($1, $2, true)',
    `SELECT set_config('search_path', concat('a', true), false)`,
    `SELECT set_config('search_path', f(1, true), false)`,
    'SELECT set_tenant(1)',
    'SELECT count(*), set_tenant(1) FROM t',
    'SELECT (1), set_tenant (1)',
    'SELECT app.set_tenant/* */(1)',
    'SELECT "app" . "setTenant"($1)',
    'SELECT * FROM set_tenant($1) AS x(id)',
    'SELECT DISTINCT ON (a) set_tenant(b) FROM t',
    'SELECT a OPERATOR(pg_catalog.=) set_tenant(1) FROM t',
    'UPDATE t SET a = 1 RETURNING WITH (OLD AS o) set_tenant(1)',
    'SELECT 1, -- a comment :)\n set_tenant(1)',
    'SELECT 1 -- a comment\r, set_tenant(1)',
    'SELECT 1 -- a comment\r; SET search_path = x',
    'SELECT установить(1)',
    'SELECT "set"(1)',
    'SELECT app.values(1)',
    'SELECT left(1)',
    `SELECT app.set_config('app.tenant', '1', true)`,
    '(SELECT set_tenant(1))',
    'VALUES (set_tenant(1))',
    'COPY (SELECT set_tenant(1)) TO STDOUT',
    'DECLARE c CURSOR FOR SELECT set_tenant(1)',
    `SET bytea_output = 'escape'`,
    'SET extra_float_digits = 0',
    'CREATE LOCAL TEMP TABLE t (id int)',
    'EXPLAIN ANALYZE SELECT set_tenant(1)',
    'INSERT INTO t SELECT set_tenant(1)',
    'UPDATE t SET a = set_tenant(1)',
    'INSERT INTO audited VALUES ($1)',
    `UPDATE pg_settings SET setting = $1 WHERE name = 'search_path'`,
    `update only "pg_catalog"."pg_settings" s set setting = 'x'`,
    `WITH u AS (UPDATE pg_settings SET setting = 'x' RETURNING *) SELECT * FROM u`,
    'CREATE TEMP TABLE t (id int)',
    'create /* */ local temporary table t ()',
    'CREATE OR REPLACE TEMP VIEW v AS SELECT 1',
    'SELECT * INTO TEMP x FROM t',
  ])('the session: %s', (text) => {
    expect(reach(text)).toBe('Session');
  });

  it.each([
    'CREATE TABLE t (id int)',
    'CREATE TABLE temp (id int)',
    'CREATE INDEX temp ON t (id)',
    'GRANT USAGE ON SCHEMA x TO y',
    'REVOKE ALL ON SCHEMA x FROM y',
    'EXPLAIN (ANALYZE, VERBOSE) CREATE TABLE x AS SELECT 1',
    'ALTER TABLE t ADD a int',
    'DROP TABLE t',
    'SELECT 1; DROP TABLE t',
    '-- a comment\nCREATE INDEX ON t (id)',
    'SELECT * INTO x FROM t',
    'WITH y AS (SELECT 1) SELECT * INTO x FROM y',
    `COMMIT PREPARED 'x'`,
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT 1; END',
  ])('the database: %s', (text) => {
    expect(reach(text)).toBe('Database');
  });
});

describe('a long text', () => {
  const row = '($1, $2, DEFAULT), ';
  const rows = (length: number): string => row.repeat(Math.ceil(length / row.length));

  it('is followed to its end where it has values', () => {
    const insert = `INSERT INTO "t"("a", "b", "c") VALUES ${rows(100_000)}`;
    expect(reach(`${insert}($1, $2, $3)`, true)).toBe('None');
    expect(reach(`${insert}($1, set_tenant(1), $3)`, true)).toBe('Session');
  });

  it('is followed where a name ends where the first part of it does', () => {
    const start = `SELECT '${'x'.repeat(16_384 - 'SELECT , set_tenant'.length - 2)}', set_tenant`;
    expect(start).toHaveLength(16_384);
    expect(reach(`${start}(1)`, true)).toBe('Session');
    expect(reach(`${start}             (1)`, true)).toBe('Session');
  });

  it('is not trusted where another statement may follow', () => {
    const insert = `INSERT INTO t VALUES ${rows(100_000)}(1, 2, 3)`;
    expect(reach(insert)).toBe('None');
    expect(reach(`${insert}; SET search_path = x`)).toBe('Session');
  });

  it.each([
    ['quotes without an end', "'".repeat(200_001)],
    ['comments without an end', '/*'.repeat(100_000)],
    ['parentheses', 'a('.repeat(100_000)],
    ['spaces before a parenthesis', `a${' '.repeat(200_000)}(`],
    ['wide spaces, which are letters to the server', '\u00a0'.repeat(200_000)],
    ['wide spaces in a string', `SELECT '${'\u3000'.repeat(200_000)}'`],
    ['dollars', '$a'.repeat(100_000)],
    ['parentheses after spaces', `a${' '.repeat(8000)}${'('.repeat(8000)}`],
    ['qualifiers', 'a.'.repeat(100_000)],
    ['words', 'SELECT '.repeat(30_000)],
  ])('of %s is read in bounded steps', (_, text) => {
    // Quadratic time would be minutes.
    for (let n = 0; n < 20; n += 1) {
      expect(reach(text)).toMatch(/None|Session/);
    }
  });
});
