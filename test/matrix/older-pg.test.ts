import { createRequire } from 'node:module';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { installCached } from '../support/cached-package.js';
import { INSTALL_FLAGS } from '../support/consumer-process.js';
import { PLAIN_QUERY_FORMS } from '../support/query-forms.js';
import { queryOutcome } from '../support/query-outcome.js';
import { timeQueries } from '../support/timed-source.js';
import { WatchedDatabases } from '../support/watched-database.js';

const TIMEOUT_MS = 240_000;

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startEmbeddedPostgres();
}, TIMEOUT_MS);
afterAll(() => server.stop());

// The oldest that is supported, with the pool of its time, and the last ones that write into the application's configurations.
describe.each([
  ['8.5.1', '3.2.2'],
  ['8.9.0', '3.5.2'],
  ['8.16.3', '3.10.1'],
  ['8.22.0', '3.14.0'],
])('pg %s with pg-pool %s', (version, poolVersion) => {
  let older: typeof pg;
  beforeAll(async () => {
    const modules = await installCached({
      key: `pg-${version}-pool-${poolVersion}`,
      specifiers: [`pg@${version}`, `pg-pool@${poolVersion}`],
      flags: INSTALL_FLAGS,
      timeoutMs: TIMEOUT_MS,
    });
    older = createRequire(`${modules}/`)('pg') as typeof pg;
  }, TIMEOUT_MS);

  it('sees connections that are given back', async () => {
    const pool = new older.Pool({ connectionString: server.url, max: 2 }).on('error', () => {});
    const watched = await WatchedDatabases.of([pool]);
    try {
      await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
      const client = await pool.connect();
      expect(await watched.gauges()).toMatchObject({ open: 2, inUse: 1, idle: 1, pinned: 1 });
      expect(watched.tracker.getStats().held).toHaveLength(1);
      client.release();
      expect(await watched.gauges()).toMatchObject({ open: 2, inUse: 0, idle: 2, pinned: 0 });
      expect(watched.tracker.getStats().held).toEqual([]);
      expect((await watched.scrape())('db_pool_use_duration_seconds_count')).toBe(3);
    } finally {
      await watched.close();
      await pool.end();
    }
  });

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
