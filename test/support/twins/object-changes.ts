import { ROLES } from './databases.js';
import { TABLES, SCHEMAS, PATHS, texts, type Sent } from './sent.js';

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
