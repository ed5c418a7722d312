import { ROLES } from '../databases.js';
import {
  TOTAL,
  IN_PUBLIC,
  IN_T1,
  IN_T2,
  total,
  prepared,
  inBoth,
  type Line,
  type Meaning,
  often,
} from './meaning.js';

const pathBy = (...change: Line[]): Meaning[] =>
  inBoth(
    `the path, by ${change.map((line) => (typeof line === 'string' ? line : line[0])).join('; ')}`,
    change,
    [total(IN_T2)],
    prepared,
  );

export const paths: readonly Meaning[] = [
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
    isNamedWhereReported: true,
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

export const reverts: readonly Meaning[] = [
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

export const roles: readonly Meaning[] = [
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
