import { ROLES } from './databases.js';

/** A statement as it is sent. */
export interface Sent {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** What a step is about, so that a run can leave kinds out. */
export type Group = 'transactions' | 'settings' | 'path' | 'temporary' | 'objects' | 'functions';

/**
 * Reads and writes with values, of names that each schema has. Their first value is an id or a small number, the second a number.
 */
export const PROBES: readonly string[] = [
  'SELECT id, total FROM orders WHERE id = $1',
  'SELECT * FROM orders WHERE id = $1',
  'SELECT id FROM orders WHERE total = $1 ORDER BY id',
  'SELECT count(*)::int AS n FROM orders WHERE total > $1',
  'SELECT o.id, o.total, s.n FROM orders o JOIN stock s USING (id) WHERE o.id = $1',
  'SELECT id, note, base FROM recent WHERE id = $1',
  'SELECT price($1) AS price',
  'SELECT price($1::int) AS price',
  'SELECT $1::int <+> 2 AS sum',
  "SELECT $1::text::mood < 'happy'::mood AS is_before",
  'SELECT $1::amount AS amount',
  'SELECT ($1::stock).n',
  "SELECT nextval('ids') + $1 AS next",
  "SELECT 'orders'::regclass = to_regclass('orders') AS is_same, $1::int AS n",
  'SELECT current_schema() AS schema, current_user AS role, $1::int AS n',
  "SELECT id FROM events WHERE at < '2026-01-01 12:00' AND id >= $1 ORDER BY id",
  "SELECT '2026-01-01 12:00'::timestamptz < $1::timestamptz + '15 hours'::interval AS is_before",
  "SELECT extract(month FROM '01/02/2026'::date)::int AS month, $1::int AS n",
  "SELECT extract(epoch FROM '-1 2:03:04'::interval)::int AS seconds, $1::int AS n",
  "SELECT length('a\\b') AS length, $1::int AS n",
  'SELECT id, at FROM events WHERE id = $1',
  'SELECT id FROM tools.guarded WHERE id >= $1 ORDER BY id',
  'SELECT sum(total)::text AS sum FROM public.orders WHERE id < $1',
  'SELECT id, total FROM t2.orders WHERE id = $1',
  'UPDATE stock SET n = $2 WHERE id = $1',
  'UPDATE stock SET n = $2 WHERE id = $1 RETURNING *',
  "UPDATE orders SET note = note || '.' WHERE id = $1 RETURNING note",
  'INSERT INTO stock (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n',
  'INSERT INTO orders (id, total) VALUES ($1, $2)',
  'DELETE FROM stock WHERE id = $1',
  "WITH moved AS (UPDATE stock SET n = n WHERE id = $1 RETURNING id) SELECT id, 'moved' AS what FROM moved",
];

/** Reads and writes that an application in an ordinary state sends: no schema but one, nothing that fails by its nature. */
export const ORDINARY_PROBES = PROBES.filter(
  (text) => !/price\(\$1\)|mood|amount|timestamptz|::stock/.test(text),
);

const TABLES = ['orders', 'stock', 'events', 'recent'] as const;
const SCHEMAS = ['public', 't1', 't2', ROLES[0]] as const;
const PATHS = [
  't1',
  't2',
  'public',
  't1, public',
  't2, t1',
  '"$user", public',
  '"$user", t1',
  'public, pg_temp',
  'pg_temp, t2',
  'missing, t2',
  't3, public',
] as const;

const texts = (...list: readonly string[]): Sent[] => list.map((text) => ({ text }));

export const TRANSACTIONS: readonly Sent[] = texts(
  'BEGIN',
  'BEGIN',
  'BEGIN',
  'START TRANSACTION',
  'begin work',
  'BEGIN ISOLATION LEVEL REPEATABLE READ',
  'COMMIT',
  'COMMIT',
  'COMMIT',
  'END',
  'commit work;',
  'COMMIT AND CHAIN',
  'ROLLBACK',
  'ROLLBACK',
  'ROLLBACK',
  'ABORT',
  'rollback transaction',
  'ROLLBACK AND CHAIN',
  'SAVEPOINT a',
  'SAVEPOINT a',
  'SAVEPOINT b',
  'RELEASE a',
  'RELEASE SAVEPOINT b',
  'ROLLBACK TO a',
  'ROLLBACK TO SAVEPOINT b',
  'rollback work to savepoint a',
  "PREPARE TRANSACTION 'hm_twin'",
  'SELECT 1 / 0',
  'INSERT INTO tools.children VALUES (7)',
  'BEGIN; SELECT 1; COMMIT',
  'COMMIT; BEGIN',
  'ROLLBACK; BEGIN; SAVEPOINT a',
);

export const SETTINGS: readonly Sent[] = texts(
  "SET TIME ZONE 'America/New_York'",
  "SET TimeZone = 'UTC'",
  "SET LOCAL TIME ZONE 'Asia/Tokyo'",
  'SET TIME ZONE LOCAL',

  "SET DateStyle = 'ISO, DMY'",
  "SET datestyle TO 'SQL, MDY'",
  'RESET datestyle',
  'SET LOCAL DateStyle = German',
  'SET IntervalStyle = sql_standard',
  'SET IntervalStyle = postgres',
  'SET bytea_output = escape',

  'SET standard_conforming_strings = off',
  'SET standard_conforming_strings = on',
  'SET extra_float_digits = 0',

  'SET plan_cache_mode = force_generic_plan',
  'SET plan_cache_mode = force_custom_plan',
  'RESET plan_cache_mode',

  "SET app.tenant = 'a'",
  "SET LOCAL app.tenant = 'b'",
  "SELECT set_config('app.tenant', 'b', false)",
  'SET row_security = off',

  'SET TRANSACTION READ ONLY',
  'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'SET statement_timeout = 10000',

  'SET transform_null_equals = on',
  "SET client_encoding = 'UTF8'",
  "SET NAMES 'UTF8'",
  'SET CONSTRAINTS ALL IMMEDIATE',

  'RESET ALL',
  'DISCARD ALL',
  'DISCARD PLANS',
  'DISCARD SEQUENCES',
  'DEALLOCATE ALL',
  'SET row_security = on',
);

const pathsBySet = (path: string): Sent[] => [
  ...texts(
    `SET search_path = ${path}`,
    `SET search_path TO ${path};`,
    `SET LOCAL search_path = ${path}`,
    `set session SEARCH_PATH to ${path}`,
    `SET "search_path" = ${path}`,
    `BEGIN; SET LOCAL search_path = ${path}`,
    `BEGIN; SET search_path = ${path}; COMMIT`,
    `SELECT 1; SET search_path = ${path}`,
    `SET search_path = ${path}; SELECT 1 / 0`,
    `SELECT set_config('search_path', '${path}', false)`,
    `SELECT pg_catalog.set_config('search_path', '${path}', true) AS path`,
    `SELECT "set_config" ( 'search_path' , '${path}' , 'f' )`,
    `WITH c AS MATERIALIZED (SELECT set_config('search_path', '${path}', false)) SELECT * FROM c`,
    `VALUES (set_config('search_path', '${path}', false))`,
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT set_config('search_path', '${path}', false)`,
    `UPDATE pg_settings SET setting = '${path}' WHERE name = 'search_path'`,
    `PREPARE path AS SELECT set_config('search_path', '${path}', false); EXECUTE path; DEALLOCATE path`,
  ),
  { text: "SELECT set_config('search_path', $1, false)", values: [path] },
  { text: 'SELECT set_config($1, $2, $3)', values: ['search_path', path, false] },
  { text: 'SELECT set_config($1, $2, $3)', values: ['search_path', path, true] },
  {
    text: "SELECT id, set_config('search_path', $2, true) FROM public.orders WHERE id = $1",
    values: [1, path],
  },
  { text: 'UPDATE pg_settings SET setting = $1 WHERE name = $2', values: [path, 'search_path'] },
];

export const PATH_CHANGES: readonly Sent[] = [
  ...PATHS.flatMap(pathsBySet),
  ...texts(
    'RESET search_path',
    'SET search_path TO DEFAULT',
    'RESET ALL',
    'DISCARD ALL',
    "SET SCHEMA 't1'",
    "SET SCHEMA 't2'",
    ...ROLES.flatMap((role) => [
      `SET ROLE ${role}`,
      `SET LOCAL ROLE ${role}`,
      `SET SESSION AUTHORIZATION ${role}`,
    ]),
    'RESET ROLE',
    'SET ROLE NONE',
    'RESET SESSION AUTHORIZATION',
    'SET SESSION AUTHORIZATION DEFAULT',
    'RESET ROLE',
    'RESET ROLE',
    'RESET SESSION AUTHORIZATION',

    `SET role = '${ROLES[0]}'`,
    `SELECT set_config('role', '${ROLES[1]}', false)`,
    "SELECT set_config('role', 'none', false)",
    `REVOKE USAGE ON SCHEMA t1 FROM ${ROLES[0]}`,
    `GRANT USAGE ON SCHEMA t1 TO ${ROLES[0]}`,
  ),
];

const temporariesOf = (table: string): Sent[] =>
  texts(
    `CREATE TEMP TABLE ${table} (id int, total int, n int, note text, at timestamptz)`,
    `CREATE TEMP TABLE ${table} ON COMMIT DROP AS SELECT * FROM public.${table}`,
    `CREATE TEMPORARY TABLE ${table} AS SELECT * FROM t2.${table}`,
    `create local temp table if not exists ${table} as select * from t1.${table}`,
    `CREATE TABLE pg_temp.${table} AS SELECT * FROM t1.${table}`,
    `SELECT * INTO TEMP ${table} FROM t1.${table}`,
    `WITH w AS (SELECT * FROM t2.${table}) SELECT * INTO TEMPORARY TABLE ${table} FROM w`,
    `CREATE TEMP VIEW ${table} AS SELECT * FROM t2.${table}`,
    `CREATE OR REPLACE TEMP VIEW ${table} AS SELECT * FROM t1.${table}`,
    `BEGIN; CREATE TEMP TABLE ${table} ON COMMIT DROP AS SELECT * FROM t2.${table}`,
    `CREATE TEMP TABLE ${table} AS SELECT * FROM t1.${table}; SELECT 1 / 0`,
    `CREATE TEMP TABLE shadow AS SELECT * FROM t1.${table}; ALTER TABLE shadow RENAME TO ${table}`,
    `DROP TABLE IF EXISTS pg_temp.${table}`,
    `DROP TABLE pg_temp.${table}`,
    `DROP VIEW IF EXISTS pg_temp.${table}`,
    `ALTER TABLE pg_temp.${table} RENAME TO renamed_${table}`,
    `ALTER TABLE pg_temp.${table} ADD COLUMN extra int`,
  );

export const TEMPORARIES: readonly Sent[] = [
  ...TABLES.flatMap(temporariesOf),
  ...texts(
    'DISCARD TEMP',
    'DISCARD TEMPORARY',
    'DISCARD ALL',
    'DISCARD TEMP',
    'DISCARD ALL',
    "CREATE TYPE pg_temp.mood AS ENUM ('happy', 'sad')",
    'DROP TYPE IF EXISTS pg_temp.mood',
    'CREATE DOMAIN pg_temp.amount AS text',
    'DROP DOMAIN IF EXISTS pg_temp.amount',
    'CREATE TEMP SEQUENCE ids START 1000',
    'DROP SEQUENCE IF EXISTS pg_temp.ids',
    "CREATE FUNCTION pg_temp.price(x int) RETURNS text LANGUAGE sql AS 'SELECT ''temporary'''",
    'CREATE TEMP TABLE unrelated (a int) ON COMMIT DROP',
    'CREATE TEMP TABLE unrelated (a int)',
  ),
];

const objectsOf = (schema: string): Sent[] =>
  texts(
    `CREATE TABLE ${schema}.orders AS SELECT id, total::text AS total, note FROM t2.orders`,
    `CREATE TABLE ${schema}.orders (id int PRIMARY KEY, total bigint, note text)`,
    `CREATE TABLE IF NOT EXISTS ${schema}.stock AS SELECT id, n::text AS n FROM t1.stock`,
    `DROP TABLE ${schema}.stock`,
    `DROP TABLE IF EXISTS ${schema}.orders CASCADE`,
    `ALTER TABLE ${schema}.orders RENAME TO moved`,
    `ALTER TABLE ${schema}.moved RENAME TO orders`,
    `ALTER TABLE ${schema}.stock SET SCHEMA t3`,
    `ALTER TABLE t3.stock SET SCHEMA ${schema}`,
    `BEGIN; ALTER TABLE ${schema}.orders RENAME TO a; ALTER TABLE ${schema}.stock RENAME TO orders; COMMIT`,
    ...['int', 'bigint', 'text', 'numeric'].map(
      (type) => `ALTER TABLE ${schema}.orders ALTER total TYPE ${type} USING total::${type}`,
    ),
    `ALTER TABLE ${schema}.stock ALTER COLUMN n TYPE bigint USING n::bigint`,
    `ALTER TABLE ${schema}.events ALTER at TYPE timestamp USING at::timestamp`,
    `ALTER TABLE ${schema}.events ALTER at TYPE timestamptz USING at::timestamptz`,
    `ALTER TABLE ${schema}.orders ADD COLUMN extra int DEFAULT 7`,
    `ALTER TABLE ${schema}.orders DROP COLUMN IF EXISTS extra`,
    `ALTER TABLE ${schema}.orders RENAME total TO sum`,
    `ALTER TABLE ${schema}.orders RENAME sum TO total`,
    `CREATE OR REPLACE VIEW ${schema}.recent AS SELECT id, note, 7 AS base FROM t2.orders`,
    `DROP VIEW IF EXISTS ${schema}.recent; CREATE VIEW ${schema}.recent AS SELECT id, note, 'seven' AS base FROM t1.orders`,
    `CREATE FUNCTION ${schema}.price(x bigint) RETURNS text LANGUAGE sql AS 'SELECT ''big'''`,
    `CREATE OR REPLACE FUNCTION ${schema}.price(x text) RETURNS text LANGUAGE sql AS 'SELECT ''text'''`,
    `DROP FUNCTION IF EXISTS ${schema}.price(text), ${schema}.price(bigint)`,
    `DROP FUNCTION ${schema}.price(int)`,
    `CREATE OPERATOR ${schema}.<+> (LEFTARG = int, RIGHTARG = int, FUNCTION = t2.plus)`,
    `DROP OPERATOR ${schema}.<+> (int, int)`,
    `CREATE TYPE ${schema}.mood AS ENUM ('happy', 'sad')`,
    `ALTER TYPE ${schema}.mood RENAME TO humour`,
    `DROP DOMAIN ${schema}.amount; CREATE DOMAIN ${schema}.amount AS text`,
    `DROP SEQUENCE ${schema}.ids; CREATE SEQUENCE ${schema}.ids START 5000`,
  );

export const OBJECTS: readonly Sent[] = [
  ...SCHEMAS.flatMap(objectsOf),
  ...texts(
    'CREATE SCHEMA t3',
    'CREATE SCHEMA IF NOT EXISTS t3 CREATE TABLE orders (id int, total bigint)',
    'DROP SCHEMA t3 CASCADE',

    'ALTER SCHEMA t1 RENAME TO t9',
    'ALTER SCHEMA t9 RENAME TO t1',
    'ALTER SCHEMA t2 RENAME TO t3',
    'ALTER SCHEMA t3 RENAME TO t2',

    'CREATE TABLE t3.orders AS SELECT id, note AS total FROM t1.orders',
    'CREATE TABLE orders AS SELECT * FROM t2.orders',

    'CREATE INDEX ON public.orders (total)',
    'ANALYZE public.orders',
    'TRUNCATE public.stock',
    'VACUUM public.stock',
    'CREATE RULE silent AS ON UPDATE TO public.stock DO INSTEAD NOTHING',
    'DROP RULE IF EXISTS silent ON public.stock',
    "DO $$ BEGIN EXECUTE 'CREATE TABLE IF NOT EXISTS t3.orders AS SELECT id, note AS total FROM t1.orders'; END $$",
    "DO 'BEGIN CREATE TEMP TABLE stock AS SELECT * FROM t1.stock; END'",
  ),
];

export const FUNCTIONS: readonly Sent[] = [
  ...PATHS.slice(0, 4).flatMap((path): Sent[] => [
    ...texts(
      `SELECT tools.use_path('${path}')`,
      `SELECT tools.use_local_path('${path}')`,
      `CALL tools.use_path_of('${path}')`,
      `DO $$ BEGIN PERFORM set_config('search_path', '${path}', false); END $$`,
      `DO $$ BEGIN PERFORM tools.use_path('${path}'); END $$`,
      `INSERT INTO tools.noisy VALUES ('${path}')`,
    ),
    { text: 'SELECT tools.use_path($1)', values: [path] },
    { text: 'SELECT id, tools.use_local_path($1) FROM public.orders WHERE id = $2', values: [path, 1] },
    { text: 'INSERT INTO tools.noisy VALUES ($1)', values: [path] },
    { text: 'CALL tools.use_path_of($1)', values: [path] },
  ]),
  ...texts('TABLE tools.setting', 'SELECT path FROM tools.setting', 'SELECT tools.with_own_path()'),
  { text: 'SELECT path FROM tools.setting WHERE path <> $1', values: ['x'] },
  { text: 'SELECT tools.use_role($1)', values: [ROLES[0]] },
  { text: 'SELECT tools.use_role($1)', values: ['none'] },
  { text: 'SELECT tools.run($1)', values: ['CREATE TEMP TABLE stock AS SELECT * FROM t1.stock'] },
  { text: 'SELECT tools.run($1)', values: ['CREATE TEMP TABLE IF NOT EXISTS orders (id int, total text)'] },
  { text: 'SELECT tools.run($1)', values: ['DROP TABLE IF EXISTS pg_temp.stock'] },
  { text: 'SELECT tools.run($1)', values: ['SET search_path = t2, public'] },
  { text: 'SELECT tools.run($1)', values: ["SET TIME ZONE 'Asia/Tokyo'"] },
];

export const CHANGES: Readonly<Record<Group, readonly Sent[]>> = {
  transactions: TRANSACTIONS,
  settings: SETTINGS,
  path: PATH_CHANGES,
  temporary: TEMPORARIES,
  objects: OBJECTS,
  functions: FUNCTIONS,
};
