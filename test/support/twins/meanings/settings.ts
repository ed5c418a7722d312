import { often, inBoth, type Line, type Meaning } from './meaning.js';

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

export const settings: readonly Meaning[] = [
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
