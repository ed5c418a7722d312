import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SlowQueryLog } from '../../src/index.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

const TABLE = 'slow_queries_of_readers';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

it('waits with a warning while sessions are read-only, and writes when they are not any more', async () => {
  const warn = vi.fn();
  const options = { max: 1, options: '-c default_transaction_read_only=on' };
  const pool = openPool(server.url, options);
  const log = new SlowQueryLog(pool, { thresholdMs: 0, table: TABLE }, { log: () => {}, warn }).install();

  await expect(pool.query('SELECT $1::text AS a', ['a secret'])).resolves.toMatchObject({
    rows: [{ a: 'a secret' }],
  });
  await log.flush();
  await log.flush();
  expect(warn).toHaveBeenCalledTimes(1);
  await expect(log.recent()).rejects.toThrow('read-only');

  pool.options.options = '';
  await log.flush();
  expect(await log.recent()).toMatchObject([{ fingerprint: 'SELECT ?::text AS a', failed: false }]);
  expect(await log.readStats()).toMatchObject({ queries: 1, pending: 0, dropped: 0 });
  await log.uninstall();
  await pool.end();
  const writer = openPool(server.url);
  await writer.query(`DROP TABLE ${TABLE}`);
  await writer.end();
});
