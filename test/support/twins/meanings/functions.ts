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

/** The texts tell nothing of it: only servers that report each change of the path do. */
export const reportedPaths: readonly Meaning[] = (
  [
    ['a trigger', ['INSERT INTO tools.noisy VALUES ($1)', ['t2']]],
    ['a view', 'TABLE tools.setting'],
  ] satisfies [string, Line][]
).flatMap(([name, change]) => inBoth(`the path, by ${name}`, [change], [total(IN_T2)], prepared));

export const shadowsByFunctions: readonly Meaning[] = inBoth(
  'a temporary table, by a function',
  [['SELECT tools.run($1)', ['CREATE TEMP TABLE stock AS SELECT 1 AS id, 9 AS n']]],
  [[N, [1], [{ n: 9 }]]],
  [EARLIER, ...often(N, [1], [{ n: 10 }])],
);
