import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { InvalidValueError } from '../core/errors.js';
import { printable, shownStatement } from '../database/sql/shown-statement.js';
import type { DatabaseSource } from './database-source.js';
import { QueryRecorder, type RecordedQuery } from './query-recorder.js';

/** Maximum number of fingerprints in a message, of call sites of each, and maximum length of each statement. */
const MAX_LISTED = 20;
const MAX_LOCATIONS = 5;
const SHOWN_LENGTH = 300;

/** The number of statements that `assertQueries()` allows: `exactly`, or one or both of `atMost` and `atLeast`. */
export interface QueryBudget {
  readonly exactly?: number | undefined;
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
}

/**
 * Runs `action` and asserts how many statements the application sends meanwhile. They are the statements that `queriesOf()` returns.
 *
 * @param source - the application, its `MetricsService`, or one `DataSource` of TypeORM or `Pool` of `pg`
 * @returns the result of the action.
 * @throws `AssertionError` of `node:assert` on another number, with the statements that were sent, by fingerprint and call site; the
 *   error of the action; `InvalidValueError` if the budget is invalid; `HyperMetricsError` as `queriesOf()`.
 * @example
 * const response = await assertQueries(app, { atMost: 3 }, () => fetch(`${url}/books`));
 */
export async function assertQueries<Result>(
  source: DatabaseSource,
  budget: QueryBudget,
  action: () => Result,
): Promise<Awaited<Result>> {
  const { least, most } = rangeOf(budget);
  const recorder = new QueryRecorder();
  const result = await recorder.during(source, action);
  const { queries } = recorder;
  if (queries.length < least || queries.length > most) {
    throw new AssertionError({
      message: failureMessage(queries, budget),
      actual: queries.length,
      expected: queries.length < least ? least : most,
      // Node appends a difference of its own to messages under the operators it knows.
      operator: 'assertQueries',
      stackStartFn: assertQueries,
    });
  }
  return result;
}

function rangeOf(budget: QueryBudget): { readonly least: number; readonly most: number } {
  const { exactly, atLeast = exactly ?? 0, atMost = exactly ?? Infinity, ...others } = budget ?? {};
  const given = [budget?.exactly, budget?.atLeast, budget?.atMost].filter((bound) => bound !== undefined);
  const isValid =
    given.length > 0 &&
    given.every((bound) => Number.isSafeInteger(bound) && bound >= 0) &&
    (exactly === undefined || given.length === 1) &&
    atLeast <= atMost &&
    Object.keys(others).length === 0;
  if (!isValid) {
    throw new InvalidValueError(
      'assertQueries() needs { exactly }, { atMost }, { atLeast } or { atLeast, atMost } with whole numbers of at least 0, and got ' +
        `${inspect(budget, { depth: 0 })}.`,
    );
  }
  return { least: atLeast, most: atMost };
}

function failureMessage(
  queries: readonly RecordedQuery[],
  { exactly, atLeast, atMost }: QueryBudget,
): string {
  const bounds = [
    ...(exactly === undefined ? [] : [`exactly ${exactly}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  const sent = queries.length === 1 ? '1 query' : `${queries.length} queries`;
  const groups = groupsOf(queries);
  const lines = groups.slice(0, MAX_LISTED).flatMap(describe);
  const left = groups.slice(MAX_LISTED);
  const further = left.reduce((sum, { length }) => sum + length, 0);
  return [
    `The action sent ${sent}; expected: ${bounds.join(' and ')}${lines.length > 0 ? '. Sent:' : ''}`,
    ...lines,
    ...(left.length > 0 ? [`and ${further} queries with ${left.length} further fingerprints`] : []),
  ].join('\n  ');
}

/** Groups by fingerprint: the largest group first, groups of equal size in the order of their first statement. */
function groupsOf(queries: readonly RecordedQuery[]): (readonly RecordedQuery[])[] {
  const groups = new Map<string, RecordedQuery[]>();
  for (const query of queries) {
    const group = groups.get(query.fingerprint);
    if (group === undefined) {
      groups.set(query.fingerprint, [query]);
    } else {
      group.push(query);
    }
  }
  return [...groups.values()].toSorted((one, other) => other.length - one.length);
}

function describe(group: readonly RecordedQuery[]): string[] {
  const failures = group.filter(({ failed }) => failed).length;
  const locations = new Map<string, number>();
  for (const { locate } of group) {
    const location = printable(locate() ?? 'an unknown location');
    locations.set(location, (locations.get(location) ?? 0) + 1);
  }
  const shown = [...locations].toSorted(([, one], [, other]) => other - one).slice(0, MAX_LOCATIONS);
  const further = locations.size - shown.length;
  return [
    `${group.length} × ${shownStatement(group[0]?.fingerprint ?? '', SHOWN_LENGTH)}${failures > 0 ? ` (failed: ${failures})` : ''}`,
    ...shown.map(([location, count]) => `    from ${location}${locations.size > 1 ? ` (${count} ×)` : ''}`),
    ...(further > 0 ? [`    from ${further} further locations`] : []),
  ];
}
