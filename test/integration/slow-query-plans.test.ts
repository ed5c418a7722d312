import { Client, type Pool, types } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlowQueryLog } from '../../src/index.js';
import { ControlledPostgres } from '../support/controlled-postgres.js';
import { openPool } from '../support/open-pool.js';
import { WatchedDatabases } from '../support/watched-database.js';

const TABLE = 'slow_queries_with_plans';
const HOUR_MS = 3_600_000;
const BY_NAME = 'SELECT id FROM shelf WHERE name = $1';

interface Node {
  readonly [name: string]: unknown;
  readonly Plans?: readonly Node[];
}

let server: ControlledPostgres;
let pool: Pool;
let log: SlowQueryLog;
const logger = { log: vi.fn(), warn: vi.fn<(message: string) => void>(), debug: vi.fn() };

beforeAll(async () => {
  server = await ControlledPostgres.start();
});
beforeEach(async () => {
  await server.query('CREATE TABLE shelf (id int PRIMARY KEY, name text, data jsonb)');
  await server.query(
    `INSERT INTO shelf SELECT id, 'name ' || id, jsonb_build_object('code', id) FROM generate_series(1, 1000) id`,
  );
  pool = openPool(server.url);
  log = new SlowQueryLog(
    pool,
    { thresholdMs: 0, table: TABLE, flushIntervalSeconds: 3600, explain: true },
    logger,
  ).install();
  logger.warn.mockClear();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await log.uninstall();
  await pool.end();
  await server.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await server.query('DROP TABLE IF EXISTS shelf');
});
afterAll(() => server.stop());

/** The plans in the log, the latest query first. */
async function plans(): Promise<readonly (Node | undefined)[]> {
  await log.flush();
  return (await log.recent(100)).map(({ plan }) =>
    plan === undefined ? undefined : (JSON.parse(plan) as [{ Plan: Node }])[0].Plan,
  );
}

const counts = async (): Promise<unknown> => (await log.readStats()).plans;

describe('the plan of a slow read', () => {
  it('is logged with it, for any value', async () => {
    await pool.query(BY_NAME, ['name 7']);
    await pool.query('SELECT * FROM shelf WHERE id = $1', [7]);
    expect(await plans()).toMatchObject([
      { 'Node Type': 'Index Scan', 'Index Name': 'shelf_pkey', 'Index Cond': '(id = ?)' },
      { 'Node Type': 'Seq Scan', 'Relation Name': 'shelf', Filter: '(name = ?)' },
    ]);
    expect(await counts()).toEqual({ explained: 2, failed: 0, skipped: 0 });
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('has no values of the statement in it', async () => {
    await pool.query(
      `SELECT name || 'secret 1', count(*) FILTER (WHERE id > 1234567) FROM shelf
        WHERE data ->> 'secret 2' = E'sec\\'ret 3' AND name IN ('secret 4', $$secret 5$$) AND id < $1
        GROUP BY name || 'secret 1' ORDER BY name || 'secret 1' LIMIT 7654321`,
      [7],
    );
    expect(await plans()).toHaveLength(1);
    const [row] = await server.query<{ plan: string }>(`SELECT plan FROM ${TABLE}`);
    expect(row?.plan).toContain('"Filter"');
    expect(row?.plan).not.toMatch(/sec'?ret|1234567|7654321/);
  });

  it('is asked for once an hour for each fingerprint', async () => {
    const now = performance.now.bind(performance);
    let addedMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + addedMs);
    for (const name of ['a', 'b', 'c']) {
      await pool.query(BY_NAME, [name]);
      expect(await plans()).not.toContain(undefined);
    }
    expect(await counts()).toEqual({ explained: 1, failed: 0, skipped: 0 });

    await server.query('CREATE INDEX ON shelf (name)');
    await server.query('ANALYZE shelf');
    addedMs = HOUR_MS;
    await pool.query(BY_NAME, ['d']);
    expect((await plans())[0]).toMatchObject({ 'Node Type': 'Index Scan' });
    expect(await counts()).toEqual({ explained: 2, failed: 0, skipped: 0 });
    const [top] = (await log.readStats()).fingerprints;
    expect(top).toMatchObject({ queries: 4, plan: expect.stringContaining('Index Scan') as unknown });
  });

  it('is that of a statement that failed, as one that took too long', async () => {
    await pool.query('SELECT 1 / (id - id) FROM shelf WHERE name = $1', ['name 7']).catch(() => {});
    expect(await plans()).toMatchObject([{ 'Node Type': 'Seq Scan' }]);
  });

  it('is read whatever the application makes of JSON', async () => {
    const parse = types.getTypeParser(types.builtins.JSON);
    types.setTypeParser(types.builtins.JSON, (text: string) => text);
    try {
      await pool.query(BY_NAME, ['name 7']);
      expect(await plans()).toMatchObject([{ 'Node Type': 'Seq Scan' }]);
    } finally {
      types.setTypeParser(types.builtins.JSON, parse);
    }
  });

  it('is left out when it is longer than 20,000 characters', async () => {
    const union = Array.from({ length: 100 }, () => 'SELECT id FROM shelf').join(' UNION ALL ');
    await pool.query(union);
    expect(await plans()).toEqual([undefined]);
    expect(await counts()).toEqual({ explained: 1, failed: 0, skipped: 0 });
  });

  it('is logged with it when the query ends while others are explained, and at the end of the log', async () => {
    await server.query(
      `CREATE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN 1; END'`,
    );
    await pool.query('SELECT * FROM shelf WHERE id = slow()');
    const flushed = log.flush();
    const isPlanned = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'EXPLAIN%' AND datname = current_database()`;
    await vi.waitFor(async () => expect(await server.query(isPlanned)).toHaveLength(1));
    await pool.query(BY_NAME, ['name 7']);
    const drained = log.flush();
    await flushed;
    expect(await log.recent()).toHaveLength(1);
    await drained;
    expect((await log.recent()).map(({ plan }) => typeof plan)).toEqual(['string', 'string']);
    await server.query('DROP FUNCTION slow');
  });

  it('gets a column in a table of an earlier version', async () => {
    await pool.query(BY_NAME, ['name 7']);
    await log.flush();
    await server.query(`ALTER TABLE ${TABLE} DROP COLUMN plan`);
    expect(await plans()).toEqual([undefined]);
    await server.query(`ALTER TABLE ${TABLE} DROP COLUMN plan`);
    await pool.query(BY_NAME, ['name 7']);
    expect(await plans()).toMatchObject([{ 'Node Type': 'Seq Scan' }, undefined]);
  });
});

describe('statements that are not explained', () => {
  it.each([
    ['several, of which a write', 'SELECT 1; INSERT INTO shelf VALUES (2000)'],
    ['several after a comment', 'SELECT 1 /* ; */ -- ;\n; INSERT INTO shelf VALUES (2000)'],
    ['several after a quote', `SELECT $a$ ' $a$; INSERT INTO shelf VALUES (2000) -- '`],
    ['a semicolon in a value', `INSERT INTO shelf VALUES (2000); SELECT ';'`],
  ])('%s: are executed by the application alone', async (_name, text) => {
    await pool.query(text);
    expect(await plans()).toEqual([undefined]);
    expect(await server.query('SELECT count(*)::int FROM shelf WHERE id = 2000')).toEqual([{ count: 1 }]);
    expect(await counts()).toEqual({ explained: 0, failed: 0, skipped: 1 });
  });

  it('several where a backslash escapes a quote', async () => {
    const escaping = openPool(server.url, { options: '-c standard_conforming_strings=off' });
    const escapingLog = new SlowQueryLog(
      escaping,
      { thresholdMs: 0, table: TABLE, flushIntervalSeconds: 3600, explain: true },
      logger,
    ).install();
    await escaping.query(`SELECT 'a\\'; INSERT INTO shelf VALUES (2000) --'`);
    await escaping.query(`SELECT 'a\\'' AS "'"; INSERT INTO shelf VALUES (3000) --'`);
    await escapingLog.flush();
    expect(await server.query('SELECT id FROM shelf WHERE id > 1000')).toEqual([{ id: 3000 }]);
    expect((await escapingLog.readStats()).plans).toEqual({ explained: 0, failed: 0, skipped: 2 });
    await escapingLog.uninstall();
    await escaping.end();
  });

  it('writes, and statements of 20,000 characters and more', async () => {
    await pool.query('INSERT INTO shelf VALUES (2000)');
    await pool.query('UPDATE shelf SET name = $1 WHERE id = 2000', ['x']);
    await pool.query('BEGIN');
    await pool.query('ROLLBACK');
    await pool.query(`SELECT 1 /* ${'x'.repeat(20_000)} */`);
    await pool.query(`SELECT '${'x'.repeat(10_000_000)}'::text WHERE false`);
    expect(await plans()).toEqual(Array.from({ length: 6 }, () => undefined));
    expect(await counts()).toMatchObject({ explained: 0, failed: 0 });
  });

  it('and a read that writes is planned, not executed', async () => {
    await pool.query('WITH new AS (INSERT INTO shelf VALUES (2000) RETURNING id) SELECT * FROM new;');
    await pool.query(`SELECT nextval('numbers')`).catch(() => {});
    await server.query('CREATE SEQUENCE numbers');
    await pool.query(`SELECT nextval('numbers')`);
    expect((await plans()).at(-1)).toMatchObject({ 'Node Type': 'CTE Scan' });
    expect(await server.query('SELECT count(*)::int FROM shelf WHERE id = 2000')).toEqual([{ count: 1 }]);
    expect(await server.query('SELECT last_value::int FROM numbers')).toEqual([{ last_value: 1 }]);
    await server.query('DROP SEQUENCE numbers');
  });
});

describe('a server that does not explain', () => {
  it('holds a lock: the query is logged without a plan, and nobody waits', async () => {
    await pool.query(BY_NAME, ['name 7']);
    const owner = await openPool(server.url).connect();
    await owner.query('BEGIN');
    await owner.query('LOCK TABLE shelf');
    expect(await plans()).toEqual([undefined]);
    expect(await counts()).toEqual({ explained: 0, failed: 1, skipped: 0 });
    await owner.query('ROLLBACK');
    owner.release(true);
    await pool.query(BY_NAME, ['name 7']);
    expect(await plans()).toEqual([undefined, undefined]);
    expect(logger.warn.mock.calls).toEqual([
      [
        'A slow query could not be explained: canceling statement due to lock timeout (further ones are logged on debug level)',
      ],
    ]);
  });

  it('takes too long to plan: it is cancelled', async () => {
    await server.query(
      `CREATE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2); RETURN 1; END'`,
    );
    await pool.query('SELECT * FROM shelf WHERE id = slow()');
    await pool.query(BY_NAME, ['name 7']);
    expect(await plans()).toMatchObject([{ 'Node Type': 'Seq Scan' }, undefined]);
    expect(await counts()).toEqual({ explained: 1, failed: 1, skipped: 0 });
    await server.query('DROP FUNCTION slow');
  });

  it('hangs: queries of the application do not wait for it, and those that wait are logged later', async () => {
    await pool.query(BY_NAME, ['name 7']);
    await server.freeze();
    try {
      await log.flush();
      expect(logger.warn.mock.calls.flat()).toEqual([
        expect.stringMatching(
          /^A slow query could not be explained: The database did not answer within 3000 ms/,
        ),
        expect.stringMatching(/^Slow queries could not be logged/),
      ]);
    } finally {
      server.thaw();
    }
    expect(await plans()).toEqual([undefined]);
    expect(await counts()).toEqual({ explained: 0, failed: 1, skipped: 0 });
  }, 60_000);

  it('takes too long for all of them: each is counted once, and those that were not sent are explained when they are slow again', async () => {
    await server.query(
      `CREATE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.9); RETURN 1; END'`,
    );
    const texts = [1, 2, 3, 4, 5].map((number) => `SELECT id AS c${number} FROM shelf WHERE id = slow()`);
    const slowQueries = (): Promise<unknown> => Promise.all(texts.map((text) => pool.query(text)));
    await slowQueries();
    await log.flush();
    const first = (await log.readStats()).plans;
    expect(first?.explained).toBeGreaterThan(0);
    expect(first?.failed).toBeGreaterThan(1);
    expect(first && first.explained + first.failed).toBe(5);
    // Time for the one under way to end.
    await slowQueries();
    expect(await counts()).toEqual(first);
    await server.query(
      `CREATE OR REPLACE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'`,
    );
    await log.flush();
    // All but the one that was under way.
    expect(await counts()).toEqual({ ...first, explained: 4 });
    await server.query('DROP FUNCTION slow');
  }, 60_000);

  it('refuses a statement of a session with other settings: the log quotes none of its values', async () => {
    await server.query(`CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE person (mood mood)`);
    await server.query(
      `CREATE SCHEMA tenant; CREATE TYPE tenant.mood AS ENUM ('secret'); CREATE TABLE tenant.person (mood tenant.mood)`,
    );
    const client = await pool.connect();
    await client.query('SET search_path = tenant');
    await client.query(`SELECT * FROM person WHERE mood = 'secret'`);
    client.release(true);
    await log.flush();
    expect(logger.warn.mock.calls.flat()).toEqual([
      'A slow query could not be explained: SQLSTATE 22P02 (the message may quote values of the statement, and is left out)' +
        ' (further ones are logged on debug level)',
    ]);
    await server.query('DROP TABLE person; DROP TYPE mood; DROP SCHEMA tenant CASCADE');
  });

  it('no longer has the table', async () => {
    await pool.query(BY_NAME, ['name 7']);
    await server.query('DROP TABLE shelf');
    expect(await plans()).toEqual([undefined]);
    expect(await counts()).toEqual({ explained: 0, failed: 1, skipped: 0 });
  });
});

it('explains twenty fingerprints at a time, and the others when they are slow again', async () => {
  const texts = Array.from({ length: 30 }, (_, number) => `SELECT id AS c${number} FROM shelf LIMIT 1`);
  for (const text of texts) {
    await pool.query(text);
  }
  expect((await plans()).filter((plan) => plan !== undefined)).toHaveLength(20);
  for (const text of texts) {
    await pool.query(text);
  }
  expect((await plans()).filter((plan) => plan !== undefined)).toHaveLength(50);
  expect(await counts()).toEqual({ explained: 30, failed: 0, skipped: 0 });
});

it('asks the databases one after the other, on one connection at a time', async () => {
  let open = 0;
  let most = 0;
  class CountedClient extends Client {
    constructor(...args: ConstructorParameters<typeof Client>) {
      super(...args);
      open += 1;
      most = Math.max(most, open);
      const end: (...given: unknown[]) => unknown = this.end.bind(this);
      Object.assign(this, {
        end: (...given: unknown[]) => {
          open -= 1;
          return end(...given);
        },
      });
    }
  }
  const pools = Array.from({ length: 8 }, () => openPool(server.url, { max: 1, Client: CountedClient }));
  const logOfAll = new SlowQueryLog(
    pools,
    { thresholdMs: 0, table: TABLE, flushIntervalSeconds: 3600, explain: true },
    logger,
  ).install();
  try {
    await Promise.all(pools.map((each) => each.query(BY_NAME, ['name 7'])));
    expect(most).toBe(8);
    await logOfAll.flush();
    expect((await logOfAll.readStats()).plans).toEqual({ explained: 8, failed: 0, skipped: 0 });
    expect(most).toBe(9);
  } finally {
    await logOfAll.uninstall();
    await Promise.all(pools.map((each) => each.end()));
  }
});

it('asks for no plan without the option', async () => {
  await log.uninstall();
  log = new SlowQueryLog(
    pool,
    { thresholdMs: 0, table: TABLE, flushIntervalSeconds: 3600 },
    logger,
  ).install();
  await pool.query(BY_NAME, ['name 7']);
  expect(await plans()).toEqual([undefined]);
  expect(await counts()).toBeUndefined();
});

it('counts the tables that logged queries read from beginning to end, from 0 on', async () => {
  await log.uninstall();
  const databases = await WatchedDatabases.of([pool], {
    queryTimer: { thresholdMs: 0, slowQueryLog: { table: TABLE, flushIntervalSeconds: 0.05, explain: true } },
  });
  try {
    expect((await databases.scrape())('db_slow_query_seq_scans_total')).toBe(0);
    await pool.query(BY_NAME, ['name 7']);
    await pool.query('SELECT * FROM shelf WHERE id = $1', [7]);
    await pool.query('SELECT * FROM shelf a JOIN shelf b ON a.name = b.name');
    await pool.query(BY_NAME, ['name 8']);
    await vi.waitFor(
      async () => expect((await databases.scrape())('db_slow_query_seq_scans_total')).toBe(4),
      10_000,
    );
  } finally {
    await databases.close();
  }
});
