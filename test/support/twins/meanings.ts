import { ROLES } from './databases.js';

/**
 * A line of a case: a text that is sent as it is, or one with values, which has the answer of the third member where it has one.
 * An answer is the rows, or the error's code.
 */
export type Line = string | readonly [text: string, values: readonly unknown[], expected?: unknown];

/** A line of another connection of the same pool. */
export interface Elsewhere {
  readonly elsewhere: string;
}

export interface Meaning {
  readonly name: string;
  readonly lines: readonly (Line | Elsewhere)[];
}

const TOTAL = 'SELECT id, total FROM orders WHERE id = $1';
const SET_N = 'UPDATE stock SET n = $2 WHERE id = $1';
const N = 'SELECT n FROM stock WHERE id = $1';
const PUBLIC_N = 'SELECT n FROM public.stock WHERE id = $1';
const PRICE = 'SELECT price($1::int) AS price';

const IN_PUBLIC = [{ id: 3, total: 3 }];
const IN_T1 = [{ id: 3, total: 103 }];
const IN_T2 = [{ id: 3, total: '203' }];

const total = (expected: unknown): Line => [TOTAL, [3], expected];
/** So often that it has a name and the server's generic plan. */
const often = (text: string, values: readonly unknown[], expected?: unknown): Line[] =>
  Array.from({ length: 7 }, () => [text, values, expected] as const);
const prepared = often(TOTAL, [3], IN_PUBLIC);

/** As a case of its own, and in a transaction that is rolled back. */
function inBoth(
  name: string,
  change: readonly Line[],
  during: readonly Line[],
  before: readonly Line[],
): Meaning[] {
  return [
    { name, lines: [...before, ...change, ...during, ...during] },
    {
      name: `${name}, in a transaction that is rolled back`,
      lines: [...before, 'BEGIN', ...change, ...during, ...during, 'ROLLBACK', ...before],
    },
    {
      name: `${name}, in a part of a transaction that is rolled back`,
      lines: [
        'BEGIN',
        ...before,
        'SAVEPOINT a',
        ...change,
        ...during,
        'ROLLBACK TO a',
        ...before,
        'COMMIT',
        ...before,
      ],
    },
  ];
}

const pathBy = (...change: Line[]): Meaning[] =>
  inBoth(
    `the path, by ${change.map((line) => (typeof line === 'string' ? line : line[0])).join('; ')}`,
    change,
    [total(IN_T2)],
    prepared,
  );

const paths: readonly Meaning[] = [
  ...pathBy('SET search_path = t2'),
  ...pathBy('/* a comment */ set  "search_path"\nTO t2, public'),
  ...pathBy("SET SCHEMA 't2'"),
  ...pathBy('SELECT 1; SET search_path = t2; SELECT 2'),
  ...pathBy("SELECT set_config('search_path', 't2', false)"),
  ...pathBy(["SELECT set_config('search_path', $1, false)", ['t2']]),
  ...pathBy(['SELECT set_config($1, $2, $3)', ['search_path', 't2', false]]),
  ...pathBy([
    "SELECT id, pg_catalog.set_config('search_path', $2, false) FROM public.orders WHERE id = $1",
    [1, 't2'],
  ]),
  ...pathBy(['SELECT U&"set\\005fconfig"(\'search_path\', $1, false)', ['t2']]),
  ...pathBy(["WITH c AS MATERIALIZED (SELECT set_config('search_path', $1, false)) SELECT * FROM c", ['t2']]),
  ...pathBy(['UPDATE pg_settings SET setting = $1 WHERE name = $2', ['t2', 'search_path']]),
  ...pathBy("EXPLAIN ANALYZE SELECT set_config('search_path', 't2', false)"),
  ...pathBy(
    "PREPARE path AS SELECT set_config('search_path', $1, false)",
    "EXECUTE path('t2')",
    'DEALLOCATE path',
  ),
  ...pathBy("DO $$ BEGIN PERFORM set_config('search_path', 't2', false); END $$"),
  ...pathBy(`SET ROLE ${ROLES[0]}`, 'SET search_path = t2'),
  {
    name: 'tenants in turn, by SET LOCAL, with another type of column each',
    lines: Array.from({ length: 30 }, () => ['t1', 't2'])
      .flat()
      .flatMap((tenant): Line[] => [
        'BEGIN',
        `SET LOCAL search_path = ${tenant}`,
        total(tenant === 't1' ? IN_T1 : IN_T2),
        'COMMIT',
      ]),
  },
  {
    name: 'tenants in turn, by set_config() with values, and one that aborts its transaction',
    lines: ['t1', 't2', 't1', 't2', 't1', 't2'].flatMap((tenant): Line[] => [
      'BEGIN',
      ["SELECT set_config('search_path', $1, true)", [tenant]],
      total(tenant === 't1' ? IN_T1 : IN_T2),
      'SELECT 1 / 0',
      total('25P02'),
      'ROLLBACK',
      total(IN_PUBLIC),
    ]),
  },
];

const reverts: readonly Meaning[] = [
  ...[
    'COMMIT',
    'END',
    'ROLLBACK',
    'ABORT',
    'COMMIT AND CHAIN',
    'ROLLBACK AND CHAIN',
    "PREPARE TRANSACTION 'x'",
  ].map((end): Meaning => ({
    name: `SET LOCAL ends by ${end}`,
    lines: [
      'BEGIN',
      'SET LOCAL search_path = t2',
      ...often(TOTAL, [3], IN_T2),
      end,
      total(IN_PUBLIC),
      'ROLLBACK',
      total(IN_PUBLIC),
    ],
  })),
  {
    name: 'SET outlives COMMIT and RELEASE',
    lines: [
      ...prepared,
      'BEGIN',
      'SAVEPOINT a',
      'SET search_path = t2',
      'RELEASE a',
      total(IN_T2),
      'COMMIT',
      total(IN_T2),
    ],
  },
  {
    name: 'SET ends with a COMMIT that a deferred constraint refuses',
    lines: [
      ...prepared,
      'BEGIN',
      'SET search_path = t2',
      total(IN_T2),
      'INSERT INTO tools.children VALUES (9)',
      'COMMIT',
      total(IN_PUBLIC),
    ],
  },
  {
    name: 'SET ends with a COMMIT of an aborted transaction',
    lines: [
      ...prepared,
      'BEGIN',
      'SET search_path = t2',
      total(IN_T2),
      'SELECT 1 / 0',
      'COMMIT',
      total(IN_PUBLIC),
    ],
  },
  {
    name: 'SET ends with the failure of a later statement of its text',
    lines: [...prepared, 'SET search_path = t2; SELECT 1 / 0', ...prepared],
  },
  {
    name: 'SET LOCAL over SET shows what is below it again',
    lines: [
      'SET search_path = t1',
      ...often(TOTAL, [3], IN_T1),
      'BEGIN; SET LOCAL search_path = t2',
      total(IN_T2),
      'COMMIT',
      total(IN_T1),
    ],
  },
  ...[
    'RESET search_path',
    'RESET ALL',
    'DISCARD ALL',
    'SET search_path TO DEFAULT',
    'SET SESSION search_path = public',
  ].map((end): Meaning => ({
    name: `the path ends by ${end}`,
    lines: [
      'SET search_path = t2',
      ...often(TOTAL, [3], IN_T2),
      end,
      ...prepared,
      'BEGIN',
      total(IN_PUBLIC),
      'COMMIT',
    ],
  })),
  {
    name: 'RESET in a transaction that is rolled back',
    lines: [
      'SET search_path = t2',
      ...often(TOTAL, [3], IN_T2),
      'BEGIN',
      'RESET ALL',
      total(IN_PUBLIC),
      'ROLLBACK',
      total(IN_T2),
    ],
  },
  {
    name: 'ALTER ROLE and ALTER DATABASE change no session',
    lines: [
      ...prepared,
      `ALTER ROLE ${ROLES[0]} SET search_path = t2`,
      ...prepared,
      `ALTER ROLE ${ROLES[0]} RESET search_path`,
    ],
  },
  {
    name: 'a function that has a path of its own gives it back',
    lines: [...prepared, ['SELECT tools.with_own_path()', [], [{ with_own_path: '810' }]], ...prepared],
  },
];

const roles: readonly Meaning[] = [
  ...inBoth(
    'the role, where "$user" is in the path',
    [`SET ROLE ${ROLES[0]}`],
    [total([{ id: 3, total: '303' }])],
    prepared,
  ),
  ...inBoth(
    'the local role',
    ['BEGIN', `SET LOCAL ROLE ${ROLES[1]}`],
    [total([{ id: 3, total: '403' }])],
    prepared,
  ).slice(1, 2),
  ...inBoth(
    'the user of the session',
    [`SET SESSION AUTHORIZATION ${ROLES[1]}`],
    [total([{ id: 3, total: '403' }])],
    prepared,
  ),
  ...inBoth(
    'the role, by set_config()',
    [["SELECT set_config('role', $1, false)", [ROLES[0]]]],
    [total([{ id: 3, total: '303' }])],
    prepared,
  ),
  {
    name: 'a schema that a role may not use any more',
    lines: [
      `SET search_path = t1, public; SET ROLE ${ROLES[0]}`,
      ...often(TOTAL, [3], IN_T1),
      'RESET ROLE',
      `REVOKE USAGE ON SCHEMA t1 FROM ${ROLES[0]}`,
      `SET ROLE ${ROLES[0]}`,
      total(IN_PUBLIC),
    ],
  },
  {
    name: 'rows of a tenant, by a policy',
    lines: [
      `SET ROLE ${ROLES[0]}`,
      ...['a', 'b', 'a'].flatMap((tenant): Line[] => [
        `SET app.tenant = '${tenant}'`,
        ...often(
          'SELECT id FROM tools.guarded WHERE id > $1 ORDER BY id',
          [1],
          tenant === 'a' ? [{ id: 3 }] : [{ id: 2 }],
        ),
      ]),
    ],
  },
];

/**
 * A connection's first temporary object changes its path, which the server sees; later ones it does not, so that prepared
 * statements go on to mean the table below.
 */
const EARLIER = 'CREATE TEMP TABLE IF NOT EXISTS earlier (id int)';

const shadowBy = (...change: Line[]): Meaning[] =>
  inBoth(
    `a temporary table, by ${change.map((line) => (typeof line === 'string' ? line : line[0])).join('; ')}`,
    change,
    [
      [SET_N, [1, 777], []],
      [N, [1], [{ n: 777 }]],
      [PUBLIC_N, [1], [{ n: 5 }]],
    ],
    [EARLIER, ...often(SET_N, [1, 5], []), ...often(N, [1], [{ n: 5 }])],
  );

const temporaries: readonly Meaning[] = [
  {
    name: 'a temporary table that the COMMIT drops',
    lines: [
      EARLIER,
      ...often(SET_N, [1, 5], []),
      'BEGIN',
      'create temp table stock on commit drop as select * from public.stock',
      [SET_N, [1, 777], []],
      [PUBLIC_N, [1], [{ n: 5 }]],
      'COMMIT',
      [PUBLIC_N, [1], [{ n: 5 }]],
      [SET_N, [1, 6], []],
      [PUBLIC_N, [1], [{ n: 6 }]],
    ],
  },
  ...shadowBy('CREATE TEMP TABLE stock AS SELECT * FROM public.stock'),
  ...shadowBy('CREATE TEMPORARY TABLE stock (id int, n int)', 'INSERT INTO pg_temp.stock VALUES (1, 1)'),
  ...shadowBy('create /* really */ local temp table if not exists stock as select * from public.stock'),
  ...shadowBy('CREATE TABLE pg_temp.stock AS SELECT * FROM public.stock'),
  ...shadowBy('SELECT * INTO TEMP stock FROM public.stock'),
  ...shadowBy('WITH s AS (SELECT * FROM public.stock) SELECT * INTO TEMPORARY TABLE stock FROM s'),
  ...shadowBy(['CREATE TEMP TABLE stock AS SELECT id, n FROM public.stock WHERE id >= $1', [1]]),
  ...shadowBy('SELECT 1; CREATE TEMP TABLE stock AS SELECT * FROM public.stock; SELECT 2'),
  ...shadowBy('CREATE TEMP TABLE s AS SELECT * FROM public.stock', 'ALTER TABLE s RENAME TO stock'),
  ...shadowBy('DO $$ BEGIN CREATE TEMP TABLE stock AS SELECT * FROM public.stock; END $$'),
  ...shadowBy(
    'CREATE TEMP TABLE kept AS SELECT * FROM public.stock',
    'CREATE TEMP VIEW stock AS SELECT * FROM kept',
  ),
  ...shadowBy(
    'PREPARE s AS SELECT * FROM public.stock',
    'CREATE TEMP TABLE stock AS EXECUTE s',
    'DEALLOCATE s',
  ),
  ...[
    'DROP TABLE stock',
    'DROP TABLE IF EXISTS pg_temp.stock',
    'DISCARD TEMP',
    'DISCARD ALL',
    'ALTER TABLE stock RENAME TO x',
  ].map((end): Meaning => ({
    name: `a temporary table ends by ${end}`,
    lines: [
      EARLIER,
      'CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n',
      ...often(N, [1], [{ n: 9 }]),
      end,
      ...often(N, [1], [{ n: 10 }]),
    ],
  })),
  {
    name: 'a path with pg_temp at its end has no shadows',
    lines: [
      EARLIER,
      'SET search_path = public, pg_temp',
      ...often(N, [1], [{ n: 10 }]),
      'CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n',
      [N, [1], [{ n: 10 }]],
      'SET search_path = public',
      [N, [1], [{ n: 9 }]],
    ],
  },
  {
    name: 'a temporary sequence',
    lines: [
      EARLIER,
      ["SELECT nextval('ids') + $1 AS next", [0], [{ next: '1' }]],
      ["SELECT nextval('ids') + $1 AS next", [0], [{ next: '2' }]],
      'CREATE TEMP SEQUENCE ids START 1000',
      ["SELECT nextval('ids') + $1 AS next", [0], [{ next: '1000' }]],
    ],
  },
  {
    name: 'a temporary enumeration',
    lines: [
      EARLIER,
      ...often("SELECT $1::text::mood < 'happy' AS before", ['sad'], [{ before: true }]),
      "CREATE TYPE pg_temp.mood AS ENUM ('happy', 'sad')",
      ["SELECT $1::text::mood < 'happy' AS before", ['sad'], [{ before: false }]],
    ],
  },
];

const objects: readonly Meaning[] = (
  [
    [
      'a table nearer the path',
      'SET search_path = t3, public',
      TOTAL,
      3,
      IN_PUBLIC,
      "CREATE TABLE t3.orders AS SELECT 3 AS id, 'x' AS total",
      [{ id: 3, total: 'x' }],
    ],
    [
      'a view nearer the path',
      'SET search_path = t3, public',
      TOTAL,
      3,
      IN_PUBLIC,
      'CREATE VIEW t3.orders AS SELECT 3 AS id, 9 AS total',
      [{ id: 3, total: 9 }],
    ],
    [
      'a table that is moved to it',
      'SET search_path = t3, public',
      TOTAL,
      3,
      IN_PUBLIC,
      'ALTER TABLE t2.orders SET SCHEMA t3',
      IN_T2,
    ],
    [
      'a schema that gets a name of the path',
      'SET search_path = t4, public',
      TOTAL,
      3,
      IN_PUBLIC,
      'ALTER SCHEMA t2 RENAME TO t4',
      IN_T2,
    ],
    [
      'a table that is dropped',
      'SET search_path = t2, public',
      TOTAL,
      3,
      IN_T2,
      'DROP TABLE t2.orders CASCADE',
      IN_PUBLIC,
    ],
    [
      'a column of another type',
      'SELECT 1',
      TOTAL,
      3,
      IN_PUBLIC,
      'ALTER TABLE public.orders ALTER total TYPE bigint',
      [{ id: 3, total: '3' }],
    ],
    [
      'two tables whose names are exchanged',
      'SELECT 1',
      N,
      1,
      [{ n: 10 }],
      'ALTER TABLE stock RENAME TO s; ALTER TABLE t2.stock DROP CONSTRAINT stock_pkey; ALTER TABLE t2.stock SET SCHEMA public',
      [{ n: 210 }],
    ],
    [
      'a function nearer the path',
      'SET search_path = t3, public',
      PRICE,
      3,
      [{ price: 3 }],
      "CREATE FUNCTION t3.price(x int) RETURNS text LANGUAGE sql AS 'SELECT ''near'''",
      [{ price: 'near' }],
    ],
    [
      'a better overload',
      'SELECT 1',
      'SELECT price($1::smallint) AS price',
      3,
      [{ price: 3 }],
      "CREATE FUNCTION price(x smallint) RETURNS text LANGUAGE sql AS 'SELECT ''small'''",
      [{ price: 'small' }],
    ],
    [
      'an operator nearer the path',
      'SET search_path = t3, public',
      'SELECT $1::int <+> 2 AS sum',
      3,
      [{ sum: 5 }],
      'CREATE OPERATOR t3.<+> (LEFTARG = int, RIGHTARG = int, FUNCTION = t2.plus)',
      [{ sum: 205 }],
    ],
    [
      'a name that the text has as a constant',
      'SET search_path = t3, public',
      "SELECT 'orders'::regclass = to_regclass('orders') AS same, $1::int AS n",
      3,
      [{ same: true, n: 3 }],
      'CREATE TABLE t3.orders (id int)',
      [{ same: true, n: 3 }],
    ],
    [
      'a sequence nearer the path',
      'SET search_path = t3, public',
      "SELECT nextval('ids') > $1 AS near",
      1000,
      [{ near: false }],
      'CREATE SEQUENCE t3.ids START 5000',
      [{ near: true }],
    ],
    [
      'a domain nearer the path',
      'SET search_path = t3, public',
      'SELECT $1::amount AS amount',
      '3',
      [{ amount: 3 }],
      'CREATE DOMAIN t3.amount AS text',
      [{ amount: '3' }],
    ],
    [
      'a cast that is made explicit by a type nearer the path',
      'SET search_path = t3, public',
      "SELECT 'sad'::mood < 'happy'::mood AS before, $1::int AS n",
      1,
      [{ before: true, n: 1 }],
      "CREATE TYPE t3.mood AS ENUM ('happy', 'sad')",
      [{ before: false, n: 1 }],
    ],
  ] as const
).flatMap(([name, before, text, value, first, change, then]): Meaning[] => {
  const start = ['CREATE SCHEMA t3', before, ...often(text, [value], first)];
  return [
    { name, lines: [...start, change, [text, [value], then], [text, [value], then]] },
    {
      name: `${name}, made in a transaction that is rolled back`,
      lines: [
        ...start,
        'BEGIN',
        change,
        [text, [value], then],
        'ROLLBACK',
        [text, [value], first],
        'BEGIN',
        [text, [value], first],
        'COMMIT',
      ],
    },
    {
      name: `${name}, made by another connection of the pool`,
      lines: [
        ...start,
        { elsewhere: change },
        'BEGIN',
        [text, [value], then],
        [text, [value], then],
        'COMMIT',
      ],
    },
    {
      name: `${name}, made in a transaction of another connection of the pool`,
      lines: [
        ...start,
        { elsewhere: 'BEGIN' },
        { elsewhere: change },
        { elsewhere: 'COMMIT' },
        'BEGIN',
        [text, [value], then],
        'COMMIT',
      ],
    },
  ];
});

/** A setting that decides how a constant of the text is read, which the server does when it prepares it. */
const settingBy = (
  change: string,
  text: string,
  value: unknown,
  before: unknown,
  after: unknown,
): Meaning[] =>
  inBoth(`a setting, by ${change}`, [change], [[text, [value], after]], often(text, [value], before));

const NOON =
  "SELECT extract(hour FROM '2026-01-01 12:00'::timestamptz AT TIME ZONE 'UTC')::int AS hour, $1::int AS n";
const MONTH = "SELECT extract(month FROM '01/02/2026'::date)::int AS month, $1::int AS n";

const settings: readonly Meaning[] = [
  { name: 'the start', lines: [["SELECT set_config('TimeZone', $1, false)", ['UTC']]] },
  ...settingBy("SET TIME ZONE 'Asia/Tokyo'", NOON, 1, undefined, [{ hour: 3, n: 1 }]),
  ...settingBy("SET LOCAL TimeZone = 'Asia/Tokyo'", NOON, 1, undefined, [{ hour: 3, n: 1 }]).slice(1, 2),
  ...settingBy("SELECT set_config('timezone', 'Asia/Tokyo', false)", NOON, 1, undefined, [{ hour: 3, n: 1 }]),
  ...settingBy("SET DateStyle = 'ISO, DMY'", MONTH, 1, [{ month: 1, n: 1 }], [{ month: 2, n: 1 }]),
  ...settingBy(
    'SET IntervalStyle = sql_standard',
    "SELECT extract(hour FROM '-1 2:03:04'::interval)::int AS hour, $1::int AS n",
    1,
    [{ hour: 2, n: 1 }],
    [{ hour: -2, n: 1 }],
  ),
  ...settingBy(
    'SET standard_conforming_strings = off',
    "SELECT length('a\\\\b') AS length, $1::int AS n",
    1,
    [{ length: 4, n: 1 }],
    [{ length: 3, n: 1 }],
  ),
  ...settingBy(
    'SET array_nulls = off',
    "SELECT ('{NULL}'::text[])[1] IS NULL AS is_null, $1::int AS n",
    1,
    [{ is_null: true, n: 1 }],
    [{ is_null: false, n: 1 }],
  ),
  ...settingBy(
    'SET transform_null_equals = on',
    'SELECT $1::int = NULL AS yes',
    null,
    [{ yes: null }],
    [{ yes: true }],
  ),
  ...settingBy(
    "SET client_encoding = 'LATIN1'",
    "SELECT length('é') AS length, $1::int AS n",
    1,
    [{ length: 1, n: 1 }],
    [{ length: 2, n: 1 }],
  ),
  ...settingBy(
    "SET NAMES 'LATIN1'",
    "SELECT length('é') AS length, $1::int AS n",
    1,
    [{ length: 1, n: 1 }],
    [{ length: 2, n: 1 }],
  ),
  ...['now', 'today', ' NOW ', 'tomorrow'].map((word): Meaning => ({
    name: `the constant '${word}' is the time of each execution`,
    lines: [
      ...often(
        `SELECT '${word}'::timestamptz >= $1::timestamptz AS later`,
        ['2026-01-01'],
        [{ later: true }],
      ),
      // Longer than the clock's resolution.
      'SELECT pg_sleep(0.01)',
      "CREATE TABLE tools.clock AS SELECT clock_timestamp() AS at, date_trunc('day', now()) AS day",
      [
        word.trim().toLowerCase() === 'now'
          ? `SELECT '${word}'::timestamptz >= at AS later FROM tools.clock WHERE at > $1`
          : `SELECT '${word}'::timestamptz >= day AS later FROM tools.clock WHERE at > $1`,
        ['2026-01-01'],
        [{ later: true }],
      ],
    ],
  })),
  {
    name: "the constant 'now' of one text is later in each transaction",
    lines: [
      'CREATE TABLE tools.clock (at timestamptz)',
      ...Array.from({ length: 8 }).flatMap((): Line[] => [
        'SELECT pg_sleep(0.002)',
        'TRUNCATE tools.clock',
        'INSERT INTO tools.clock SELECT clock_timestamp()',
        [
          "SELECT 'now'::timestamptz >= at AS later FROM tools.clock WHERE at > $1",
          ['2026-01-01'],
          [{ later: true }],
        ],
      ]),
    ],
  },
];

const functions: readonly Meaning[] = (
  [
    ['a function', ['SELECT tools.use_path($1)', ['t2']]],
    ['a function, of a text without values', "SELECT tools.use_path('t2')"],
    ['a procedure', ['CALL tools.use_path_of($1)', ['t2']]],
    ['a trigger', ['INSERT INTO tools.noisy VALUES ($1)', ['t2']]],
    ['a view', 'TABLE tools.setting'],
    ['a block', "DO $$ BEGIN PERFORM tools.use_path('t2'); END $$"],
    ['a dynamic statement', ['SELECT tools.run($1)', ['SET search_path = t2']]],
  ] satisfies [string, Line][]
).flatMap(([name, change]) => inBoth(`the path, by ${name}`, [change], [total(IN_T2)], prepared));

const shadowsByFunctions: readonly Meaning[] = inBoth(
  'a temporary table, by a function',
  [['SELECT tools.run($1)', ['CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n']]],
  [[N, [1], [{ n: 9 }]]],
  [EARLIER, ...often(N, [1], [{ n: 10 }])],
);

/** By what they are about; those of functions are what a cache cannot see in a text. */
export const MEANINGS: Readonly<Record<string, readonly Meaning[]>> = {
  paths,
  reverts,
  roles,
  temporaries,
  objects,
  settings,
  functions: [...functions, ...shadowsByFunctions],
};
