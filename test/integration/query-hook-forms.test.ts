import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { QUERY_FORMS } from '../support/query-forms.js';
import { queryOutcome } from '../support/query-outcome.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe.each(QUERY_FORMS)('$name', ({ run, operations, errors = {} }) => {
  it('gives what it gives without a timer, and is counted', async () => {
    const plain = openPool(server.url, { max: 1 });
    const timed = openPool(server.url, { max: 1 });
    const { timer, counted } = timeQueries(timed);
    try {
      const expected = await queryOutcome(plain, run);
      expect(await queryOutcome(timed, run)).toEqual(expected);
      expect(await timer.drain(1000)).toBe(true);
      expect(await counted()).toEqual({ operations, errors, inFlight: 0 });
      expect(timer.getStats()).toMatchObject({ queries: sum(operations), errors: sum(errors), inFlight: 0 });
    } finally {
      await Promise.all([plain.end(), timed.end()]);
    }
  });
});
