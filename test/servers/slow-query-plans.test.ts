import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SlowQueryLog } from '../../src/index.js';
import { findMissingDebianPostgres, startDebianPostgres } from '../support/debian-postgres.js';
import { openPool } from '../support/open-pool.js';
import { findMissingPgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { startPostgres } from '../support/postgres.js';
import { isSkipped } from '../support/skipped.js';

const OPTIONS = { thresholdMs: 0, flushIntervalSeconds: 3600, explain: true };
const quietLogger = () => ({ log: vi.fn(), warn: vi.fn<(message: string) => void>(), debug: vi.fn() });

describe.skipIf(isSkipped('an older release of PostgreSQL', findMissingDebianPostgres()))(
  'PostgreSQL 15',
  () => {
    let server: Awaited<ReturnType<typeof startDebianPostgres>>;
    beforeAll(async () => {
      server = await startDebianPostgres();
    });
    afterAll(() => server.stop());

    it('has no generic plans: slow queries are logged without them, and one warning says so', async () => {
      const pool = openPool(server.url);
      const logger = quietLogger();
      const log = new SlowQueryLog(pool, OPTIONS, logger).install();
      for (const text of ['SELECT 1 AS one', 'SELECT 2 AS two']) {
        await pool.query(text);
        await log.flush();
      }
      expect((await log.recent()).map(({ fingerprint, plan }) => [fingerprint, plan])).toEqual([
        ['SELECT ? AS two', undefined],
        ['SELECT ? AS one', undefined],
      ]);
      expect((await log.readStats()).plans).toEqual({ explained: 0, failed: 0, skipped: 2 });
      expect(logger.warn.mock.calls).toEqual([
        [
          'Slow queries are logged without their plans: EXPLAIN (GENERIC_PLAN) needs PostgreSQL 16 or newer (further ones are logged on debug level)',
        ],
      ]);
      await log.uninstall();
      await pool.end();
    });
  },
);

describe.skipIf(isSkipped('PgBouncer', findMissingPgBouncer()))(
  'behind PgBouncer in transaction mode',
  () => {
    let server: Awaited<ReturnType<typeof startPostgres>>;
    let pooler: PgBouncer;
    beforeAll(async () => {
      server = await startPostgres();
      pooler = await PgBouncer.start(server.url, 'transaction');
    });
    afterAll(async () => {
      await pooler.stop();
      await server.stop();
    });

    it('explains, and leaves no setting on the connections that others get', async () => {
      const pool = openPool(pooler.url, { max: 2 });
      const logger = quietLogger();
      const log = new SlowQueryLog(pool, OPTIONS, logger).install();
      await pool.query('SELECT * FROM pg_class WHERE relname = $1', ['x']);
      await pool.query('SELECT * FROM no_such_table').catch(() => {});
      await log.flush();
      expect((await log.readStats()).plans).toEqual({ explained: 1, failed: 1, skipped: 0 });

      const settings = async (): Promise<unknown> => {
        const { rows } = await pool.query(
          `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                current_setting('transaction_read_only') AS read_only`,
        );
        return rows[0];
      };
      // Both connections of the pooler to the server.
      const seen = await Promise.all(Array.from({ length: 10 }, settings));
      expect(seen).toEqual(Array.from(seen, () => ({ statement: '0', lock: '0', read_only: 'off' })));
      await log.uninstall();
      await pool.end();
    });
  },
);
