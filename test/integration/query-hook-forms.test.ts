import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { errorFields, QUERY_FORMS, type QueryForm } from '../support/query-forms.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** What the application sees, on a connection of its own. */
async function outcome(pool: pg.Pool, run: QueryForm['run']) {
  const client = await pool.connect();
  try {
    return { value: await run(client) };
  } catch (error) {
    return { error: errorFields(error) };
  } finally {
    client.release();
  }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe.each(QUERY_FORMS)('$name', ({ run, operations, errors = {} }) => {
  it('gives what it gives without a timer, and is counted', async () => {
    const plain = openPool(server.url, { max: 1 });
    const timed = openPool(server.url, { max: 1 });
    const { timer, counted } = timeQueries(timed);
    try {
      const expected = await outcome(plain, run);
      expect(await outcome(timed, run)).toEqual(expected);
      expect(await timer.drain(1000)).toBe(true);
      expect(await counted()).toEqual({ operations, errors, inFlight: 0 });
      expect(timer.getStats()).toMatchObject({ queries: sum(operations), errors: sum(errors), inFlight: 0 });
    } finally {
      await Promise.all([plain.end(), timed.end()]);
    }
  });
});
