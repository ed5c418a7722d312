import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { InvalidValueError, SlowQueryLog } from '../../src/index.js';
import { lengthenStatements } from '../support/longer-statements.js';
import { startPostgres } from '../support/postgres.js';

const TABLE = 'slow_queries_of_a_test';
const HOUR_MS = 3_600_000;

let server: Awaited<ReturnType<typeof startPostgres>>;
let dataSource: DataSource;
let log: SlowQueryLog | undefined;
let endLonger: () => void;
const logger = { log: vi.fn(), warn: vi.fn() };

beforeAll(async () => {
  server = await startPostgres();
});
beforeEach(async () => {
  dataSource = await new DataSource({ type: 'postgres', url: server.url }).initialize();
  endLonger = lengthenStatements(
    dataSource,
    (text) => HOUR_MS * Number(/pg_sleep\((\d+)/.exec(text)?.[1] ?? 0),
  );
  logger.warn.mockClear();
});
afterEach(async () => {
  await log?.uninstall();
  endLonger();
  await dataSource.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await dataSource.destroy();
});
afterAll(() => server.stop());

function install(table = TABLE): SlowQueryLog {
  log = new SlowQueryLog(dataSource, { thresholdMs: 1.5 * HOUR_MS, table }, logger).install();
  return log;
}

/** A statement that takes so many hours on the clock of this process, and no time at the server. */
const sleep = (hours: number, secret = 'x'): Promise<unknown> =>
  dataSource.query(`SELECT pg_sleep(${hours} / 1e9), $1::text`, [secret]);

it('keeps what is slow in an unlogged table, without values, and nothing of what is fast', async () => {
  const slow = install();
  await sleep(2, 'a secret of the caller');
  await sleep(3);
  await dataSource.query('SELECT 1');
  await slow.flush();

  const recent = await slow.recent();
  expect(recent.map(({ fingerprint }) => fingerprint)).toEqual(
    Array.from({ length: 2 }, () => 'SELECT pg_sleep(? / ?), ?::text'),
  );
  expect(recent[0]).toMatchObject({ operation: 'select', failed: false, route: undefined });
  expect(recent[0]?.durationMs).toBeGreaterThanOrEqual(3 * HOUR_MS);
  const [slowest] = await slow.slowest(1);
  expect(slowest).toEqual(recent[0]);
  expect(await slow.readStats()).toMatchObject({ queries: 2, pending: 0, dropped: 0 });
  expect(JSON.stringify(await dataSource.query(`SELECT * FROM ${TABLE}`))).not.toContain('secret of');
  expect(await dataSource.query(`SELECT relpersistence FROM pg_class WHERE relname = '${TABLE}'`)).toEqual([
    { relpersistence: 'u' },
  ]);
  expect(logger.warn).not.toHaveBeenCalled();
});

it('deletes what is older than so many days', async () => {
  const slow = install();
  await sleep(2);
  await slow.flush();
  expect(await slow.cleanup(1)).toBe(0);
  expect(await slow.cleanup(0)).toBe(1);
  expect(await slow.recent()).toEqual([]);
  await expect(slow.cleanup(-1)).rejects.toThrow(InvalidValueError);
});

it('writes what waits when it is uninstalled, and then logs no more', async () => {
  const slow = install();
  await sleep(2);
  await slow.uninstall();
  await sleep(2);
  await slow.flush();
  expect(await slow.readStats()).toMatchObject({ queries: 1, pending: 0 });
});

it('lets what cannot be written wait, warns once, and touches no query of the application', async () => {
  const slow = install('no_such_schema.slow_queries');
  await expect(sleep(2)).resolves.toHaveLength(1);
  await slow.flush();
  await slow.flush();
  expect(logger.warn).toHaveBeenCalledTimes(1);
  await expect(slow.recent()).rejects.toThrow('no_such_schema');

  await dataSource.query('CREATE SCHEMA no_such_schema');
  await slow.flush();
  expect(await slow.readStats()).toMatchObject({ queries: 1, pending: 0, dropped: 0 });
  await slow.uninstall();
  await dataSource.query('DROP SCHEMA no_such_schema CASCADE');
});

it('makes its table anew when somebody has dropped it', async () => {
  const slow = install();
  await sleep(2);
  await slow.flush();
  await dataSource.query(`DROP TABLE ${TABLE}`);
  await sleep(2);
  await slow.flush();
  await slow.flush();
  expect(await slow.readStats()).toMatchObject({ queries: 1, pending: 0 });
});

it('leaves no connection of its own', async () => {
  const slow = install();
  await sleep(2);
  await slow.flush();
  await slow.recent();
  await vi.waitFor(async () => {
    const [{ count }] = await dataSource.query<[{ count: string }]>(
      `SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND datname = current_database()`,
    );
    expect(count).toBe('1');
  });
});

it.each([[{ thresholdMs: -1 }], [{ table: 'a; DROP TABLE b' }], [{ flushIntervalSeconds: 0 }]])(
  'refuses %j',
  (options) => {
    expect(() => new SlowQueryLog([], options)).toThrow(InvalidValueError);
  },
);
