import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachedPool } from '../support/cached-statements.js';
import { startPostgres } from '../support/postgres.js';

const LENGTHS = 80;
const ROUNDS = 3;

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Reads lists of 1 to 80 numbers, three times, with a condition for each number, or in one. */
async function countsOf(write: (placeholders: readonly string[]) => string): Promise<object> {
  const { pool, cache } = await cachedPool(server.url);
  const before = cache.getStats();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let length = 1; length <= LENGTHS; length += 1) {
      const values = Array.from({ length }, (_, index) => index + 1);
      const condition = write(values.map((value) => `$${value}`));
      const { rows } = await pool.query(
        `SELECT count(*)::int AS n FROM generate_series(1, 100) AS a WHERE ${condition}`,
        values,
      );
      expect(rows).toEqual([{ n: length }]);
    }
  }
  const { hits, misses, evictions } = cache.getStats();
  await pool.end();
  return {
    hits: hits - before.hits,
    misses: misses - before.misses,
    evictions: evictions - before.evictions,
  };
}

describe('lists of 1 to 80 elements have 8 names and no evictions', () => {
  it.each<readonly [string, (placeholders: readonly string[]) => string]>([
    ['bare', (list) => `a IN (${list.join(', ')})`],
    ['casts', (list) => `a IN (${list.map((value) => `${value}::int`).join(', ')})`],
    ['CAST()', (list) => `a IN (${list.map((value) => `CAST(${value} AS int)`).join(', ')})`],
    ['calls', (list) => `a IN (${list.map((value) => `abs(${value}::int)`).join(', ')})`],
    ['arithmetic', (list) => `a IN (${list.map((value) => `-(-${value}::int) + 0`).join(', ')})`],
    ['ANY(ARRAY[])', (list) => `a = ANY(ARRAY[${list.map((value) => `${value}::int`).join(', ')}])`],
    ['tuples', (list) => `(a, a) IN (${list.map((value) => `(${value}, ${value}::int)`).join(', ')})`],
    ['OR', (list) => list.map((value) => `(a = ${value}::int AND a > 0)`).join(' OR ')],
    ['VALUES', (list) => `a IN (VALUES ${list.map((value) => `(${value}::int)`).join(', ')})`],
  ])('%s', async (_, write) => {
    expect(await countsOf(write)).toEqual({ hits: 8 * (ROUNDS - 1), misses: 8, evictions: 0 });
  });
});
