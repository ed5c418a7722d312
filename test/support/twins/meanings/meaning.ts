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
  /** Statements that make what it needs, sent before the cache is there. */
  readonly objects?: string;
  /** Its statements are named only on servers that report the search path. */
  readonly isNamedWhereReported?: boolean;
}

export const TOTAL = 'SELECT id, total FROM orders WHERE id = $1';
export const SET_N = 'UPDATE stock SET n = $2 WHERE id = $1';
export const N = 'SELECT n FROM stock WHERE id = $1';
export const PUBLIC_N = 'SELECT n FROM public.stock WHERE id = $1';
export const PRICE = 'SELECT price($1::int) AS price';

export const IN_PUBLIC = [{ id: 3, total: 3 }];
export const IN_T1 = [{ id: 3, total: 103 }];
export const IN_T2 = [{ id: 3, total: '203' }];

export const total = (expected: unknown): Line => [TOTAL, [3], expected];
/** So often that it has a name and the server's generic plan. */
export const often = (text: string, values: readonly unknown[], expected?: unknown): Line[] =>
  Array.from({ length: 7 }, () => [text, values, expected] as const);
export const prepared = often(TOTAL, [3], IN_PUBLIC);

/** As a case of its own, and in a transaction that is rolled back. */
export function inBoth(
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

/**
 * A connection's first temporary object changes its path, which the server sees; later ones it does not, so that prepared
 * statements go on to mean the table below.
 */
export const EARLIER = 'CREATE TEMP TABLE IF NOT EXISTS earlier (id int)';
