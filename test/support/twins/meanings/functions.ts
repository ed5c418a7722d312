import { N, IN_T2, total, prepared, inBoth, type Line, type Meaning, EARLIER, often } from './meaning.js';

export const functions: readonly Meaning[] = (
  [
    ['a function', ['SELECT tools.use_path($1)', ['t2']]],
    ['a function, of a text without values', "SELECT tools.use_path('t2')"],
    ['a procedure', ['CALL tools.use_path_of($1)', ['t2']]],
    ['a block', "DO $$ BEGIN PERFORM tools.use_path('t2'); END $$"],
    ['a dynamic statement', ['SELECT tools.run($1)', ['SET search_path = t2']]],
  ] satisfies [string, Line][]
).flatMap(([name, change]) => inBoth(`the path, by ${name}`, [change], [total(IN_T2)], prepared));

/** The texts tell nothing of these: the server does. */
const ACTS: readonly (readonly [name: string, objects: string, change: Line])[] = [
  ['a trigger', '', ['INSERT INTO tools.noisy VALUES ($1)', ['t2']]],
  ['a view', '', 'TABLE tools.setting'],
  ['a view of a view', 'CREATE VIEW tools.outer AS SELECT path FROM tools.setting', 'TABLE tools.outer'],
  [
    'a trigger that calls a function',
    `CREATE FUNCTION tools.follow_on() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN PERFORM tools.use_path(NEW.path); RETURN NEW; END';
     CREATE TABLE tools."Noisy too" (path text);
     CREATE TRIGGER follow AFTER INSERT ON tools."Noisy too" FOR EACH ROW EXECUTE FUNCTION tools.follow_on()`,
    ['INSERT INTO tools."Noisy too" VALUES ($1)', ['t2']],
  ],
  [
    'a rule',
    `CREATE TABLE tools.ruled (path text);
     CREATE RULE follow AS ON INSERT TO tools.ruled DO ALSO SELECT tools.use_path(NEW.path)`,
    ['INSERT INTO tools.ruled VALUES ($1)', ['t2']],
  ],
  [
    'a default',
    "CREATE TABLE tools.defaults (id int, path text DEFAULT set_config('search_path', 't2', false))",
    ['INSERT INTO tools.defaults (id) VALUES ($1)', [1]],
  ],
  [
    'a constraint',
    "CREATE TABLE tools.checked (path text CHECK (tools.use_path(path) <> ''))",
    ['INSERT INTO tools.checked VALUES ($1)', ['t2']],
  ],
];

export const actingRelations: readonly Meaning[] = ACTS.flatMap(([name, objects, change]) =>
  inBoth(`the path, by ${name}`, [change], [total(IN_T2)], prepared).map((meaning) => ({
    ...meaning,
    objects,
  })),
);

const SHADOWS = `
  CREATE TABLE tools.shadows (id int);
  CREATE FUNCTION tools.shadow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n; RETURN NEW; END';
  CREATE TRIGGER shadow AFTER INSERT ON tools.shadows FOR EACH ROW EXECUTE FUNCTION tools.shadow()`;

export const shadowsByFunctions: readonly Meaning[] = [
  ...inBoth(
    'a temporary table, by a function',
    [['SELECT tools.run($1)', ['CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n']]],
    [[N, [1], [{ n: 9 }]]],
    [EARLIER, ...often(N, [1], [{ n: 10 }])],
  ),
  ...inBoth(
    'a temporary table, by a trigger',
    [['INSERT INTO tools.shadows VALUES ($1)', [1]]],
    [[N, [1], [{ n: 9 }]]],
    [EARLIER, ...often(N, [1], [{ n: 10 }])],
  ).map((meaning) => ({ ...meaning, objects: SHADOWS })),
];
