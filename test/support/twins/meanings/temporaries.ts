import { SET_N, N, PUBLIC_N, inBoth, type Line, type Meaning, EARLIER, often } from './meaning.js';

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

export const temporaries: readonly Meaning[] = [
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
