import { createRequire } from 'node:module';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { installCached } from '../support/cached-package.js';
import { INSTALL_FLAGS } from '../support/consumer-process.js';
import { PLAIN_QUERY_FORMS } from '../support/query-forms.js';
import { queryOutcome } from '../support/query-outcome.js';
import { timeQueries } from '../support/timed-source.js';

const TIMEOUT_MS = 240_000;

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startEmbeddedPostgres();
}, TIMEOUT_MS);
afterAll(() => server.stop());

// The oldest that is supported, and the last ones that write into the application's configurations.
describe.each(['8.5.1', '8.16.3', '8.22.0'])('pg %s', (version) => {
  let older: typeof pg;
  beforeAll(async () => {
    const modules = await installCached({
      key: `pg-${version}`,
      specifiers: [`pg@${version}`],
      flags: INSTALL_FLAGS,
      timeoutMs: TIMEOUT_MS,
    });
    older = createRequire(`${modules}/`)('pg') as typeof pg;
  }, TIMEOUT_MS);

  it.each(PLAIN_QUERY_FORMS)(
    '$name gives what it gives without a timer, and is counted',
    async ({ run, operations, errors = {} }) => {
      const openOlder = () => new older.Pool({ connectionString: server.url, max: 1 }).on('error', () => {});
      const [plain, timed] = [openOlder(), openOlder()];
      const { timer, counted } = timeQueries(timed);
      try {
        const expected = await queryOutcome(plain, run);
        expect(await queryOutcome(timed, run)).toEqual(expected);
        expect(await timer.drain(1000)).toBe(true);
        expect(await counted()).toEqual({ operations, errors, inFlight: 0 });
      } finally {
        await Promise.all([plain.end(), timed.end()]);
      }
    },
  );
});
