import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  aside,
  assertAgreement,
  type CachedPool,
  cachedPool,
} from '../support/cached-statements.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

let cached: CachedPool;
let client: PoolClient;
beforeEach(async () => {
  cached = await cachedPool(server.url);
  client = await cached.pool.connect();
  await aside(server.url, ...RESET);
});
afterEach(async () => {
  client.release();
  await assertAgreement(cached.pool, cached.cache);
  await cached.pool.end();
});

const RESET = [
  'DROP TABLE IF EXISTS item',
  'DROP TYPE IF EXISTS mood, mood_new',
  'DROP SCHEMA IF EXISTS other CASCADE',
  "CREATE TYPE mood AS ENUM ('sad', 'happy')",
  "CREATE TABLE item (id int PRIMARY KEY, size int, feeling mood NOT NULL DEFAULT 'sad', made timestamp)",
  'INSERT INTO item VALUES (1, 10), (2, 20)',
];

const BY_ID = 'SELECT * FROM item WHERE id = $1';
const BY_SIZE = 'SELECT id FROM item WHERE size = $1';
const BY_TIME = 'SELECT id FROM item WHERE made = $1';
const SET_SIZE = 'UPDATE item SET size = $1 WHERE id = 2 RETURNING id';
const BY_FEELING = 'SELECT id FROM item WHERE feeling = $1';

/** Until the server has made up its mind for a generic plan. */
async function prepare(text: string, value: unknown): Promise<void> {
  for (let n = 0; n < 7; n += 1) {
    await client.query(text, [value]);
  }
}

const hits = () => cached.cache.getStats().hits;
const ask = (text: string, value: unknown) => answerOf(client.query(text, [value]));

describe('a table that another connection changes', () => {
  it.each([
    ['gets a column', BY_ID, 1, 'ALTER TABLE item ADD note text', 1, 1],
    ['loses a column', BY_ID, 1, 'ALTER TABLE item DROP COLUMN size', 1, 1],
    [
      'is made anew',
      BY_ID,
      1,
      `DROP TABLE item; CREATE TABLE item (id bigint); INSERT INTO item VALUES (1)`,
      1,
      1,
    ],
    ['takes larger numbers', BY_SIZE, 10, 'ALTER TABLE item ALTER size TYPE bigint', 2 ** 40, 0],
    ['takes texts', BY_SIZE, 10, 'ALTER TABLE item ALTER size TYPE text', 'ten', 0],
    [
      'takes texts, and is asked for one as before',
      BY_SIZE,
      10,
      'ALTER TABLE item ALTER size TYPE text',
      '10',
      1,
    ],
    ['takes JSON', SET_SIZE, 10, 'ALTER TABLE item ALTER size TYPE jsonb USING to_jsonb(size)', '5', 1],
    ['takes texts for times', BY_TIME, '2026-01-01', 'ALTER TABLE item ALTER made TYPE text', 'never', 0],
    [
      'takes texts for dates',
      BY_TIME,
      '2026-01-01',
      'ALTER TABLE item ALTER made TYPE text',
      '2026-13-01',
      0,
    ],
    ['takes fractions', BY_SIZE, 10, 'ALTER TABLE item ALTER size TYPE numeric', '10.5', 0],
    [
      'gets a new type, as migrations of TypeORM make it',
      BY_FEELING,
      'sad',
      `CREATE TYPE mood_new AS ENUM ('sad', 'happy', 'angry');
       ALTER TABLE item ALTER feeling DROP DEFAULT;
       ALTER TABLE item ALTER feeling TYPE mood_new USING feeling::text::mood_new;
       DROP TYPE mood; ALTER TYPE mood_new RENAME TO mood`,
      'sad',
      2,
    ],
  ])('%s: no error', async (_, text, before, change, after, rows) => {
    await prepare(text, before);
    await aside(server.url, change);
    for (let n = 0; n < 3; n += 1) {
      expect(await ask(text, after)).toHaveLength(rows);
    }
    const before3 = hits();
    await prepare(text, after);
    // It has its name again.
    expect(hits()).toBe(before3 + 7);
  });

  it('tells a transaction of it once, as statements that were prepared must, and nothing after it', async () => {
    await prepare(BY_ID, 1);
    await client.query('BEGIN');
    await aside(server.url, 'ALTER TABLE item ADD note text');
    expect(await ask(BY_ID, 1)).toBe('0A000');
    expect(await ask(BY_ID, 1)).toBe('25P02');
    await client.query('ROLLBACK');
    expect(await ask(BY_ID, 1)).toHaveLength(1);
  });

  it('is missing for a while: the error of the statement without a name', async () => {
    await prepare(BY_ID, 1);
    await aside(server.url, 'ALTER TABLE item RENAME TO gone');
    expect(await ask(BY_ID, 1)).toBe('42P01');
    await aside(server.url, 'ALTER TABLE gone RENAME TO item');
    expect(await ask(BY_ID, 1)).toHaveLength(1);
  });
});

describe('a column of times whose type another connection changes, so that the same text is another time', () => {
  const NOON = '2026-01-01T12:00:00+00:00';
  /** As an object, it gets no name. */
  const askUnnamed = (text: string, value: unknown) => answerOf(client.query({ text, values: [value] }));

  beforeEach(async () => {
    await client.query("SET TIME ZONE 'America/New_York'");
    await aside(server.url, "UPDATE item SET made = '2026-01-01 12:00' WHERE id = 1");
  });

  const change = () =>
    aside(server.url, "ALTER TABLE item ALTER made TYPE timestamptz USING made AT TIME ZONE 'UTC'");

  it.each(['SELECT made FROM item WHERE id = $1', BY_ID])(
    'where it is selected, the server tells, and the answer is the right one: %s',
    async (text) => {
      await prepare(text, 1);
      await change();
      await client.query('BEGIN');
      expect(await ask(text, 1)).toBe('0A000');
      await client.query('ROLLBACK');
      await prepare(text, 1);
      await aside(server.url, 'ALTER TABLE item ALTER made TYPE text');
      const answer = await ask(text, 1);
      expect(answer).toHaveLength(1);
      expect(answer).toEqual(await askUnnamed(text, 1));
    },
  );

  it('where it is only compared, the server does not, and the parameter keeps its type until it is prepared again', async () => {
    await prepare(BY_TIME, NOON);
    expect(await ask(BY_TIME, NOON)).toHaveLength(1);
    await change();
    expect(await askUnnamed(BY_TIME, NOON)).toHaveLength(1);
    // Noon in New York. Documented as the one case without an error.
    expect(await ask(BY_TIME, NOON)).toEqual([]);

    cached.cache.uninstall();
    cached.cache.install();
    const before = hits();
    await until('it has its name again', async () => {
      expect(await ask(BY_TIME, NOON)).toHaveLength(1);
      return hits() > before;
    });
    expect(await ask(BY_TIME, NOON)).toHaveLength(1);
  });
});

describe('a connection that changes a table itself', () => {
  const columns = async (): Promise<string[]> => {
    const [row] = (await ask(BY_ID, 1)) as [object];
    return Object.keys(row);
  };

  it('goes on in the same transaction, and after it', async () => {
    await prepare(BY_ID, 1);
    await client.query('BEGIN');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made']);
    await client.query('ALTER TABLE item ADD note text');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made', 'note']);
    await client.query('COMMIT');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made', 'note']);
  });

  it('goes on after it was rolled back, in the next transaction too', async () => {
    await prepare(BY_ID, 1);
    await client.query('BEGIN');
    await client.query('ALTER TABLE item ADD note text');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made', 'note']);
    await client.query('ROLLBACK');
    await client.query('BEGIN');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made']);
    await client.query('COMMIT');
  });

  it('goes on after a part of the transaction was rolled back', async () => {
    await client.query('BEGIN');
    await prepare(BY_ID, 1);
    await client.query('SAVEPOINT before');
    await client.query('ALTER TABLE item DROP COLUMN size');
    expect(await columns()).toEqual(['id', 'feeling', 'made']);
    await client.query('ROLLBACK TO SAVEPOINT before');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made']);
    await client.query('COMMIT');
  });

  it('asks for a table of another schema by the search path', async () => {
    await client.query('CREATE SCHEMA other');
    await client.query('CREATE TABLE other.item (id int, elsewhere boolean)');
    await client.query('INSERT INTO other.item VALUES (1, true)');
    await prepare(BY_ID, 1);
    await client.query('SET search_path = other');
    expect(await columns()).toEqual(['id', 'elsewhere']);
    await client.query('SET search_path = public');
    expect(await columns()).toEqual(['id', 'size', 'feeling', 'made']);
    await client.query('RESET search_path');
  });
});

describe('what is sent again', () => {
  it('is what an unnamed statement would be told, when it was to blame itself', async () => {
    await prepare(BY_SIZE, 10);
    for (const [value, code] of [
      ['x', '22P02'],
      [2 ** 40, '22003'],
      [10, undefined],
    ] as const) {
      const answer = await ask(BY_SIZE, value);
      expect(answer).toEqual(code ?? [{ id: 1 }]);
    }
  });

  it('comes before what waits behind it, in whatever form it was sent', async () => {
    await prepare(BY_ID, 1);
    const order: string[] = [];
    const told = (what: string) => (): void => void order.push(what);
    await aside(server.url, 'ALTER TABLE item ADD note text');
    await Promise.all([
      client.query(BY_ID, [1]).then(told('first')),
      client.query('BEGIN').then(told('begin')),
      client.query('ROLLBACK').then(told('rollback')),
    ]);
    await prepare(BY_ID, 1);
    await aside(server.url, 'ALTER TABLE item ADD further text');
    await new Promise<void>((resolve) => {
      client.query(BY_ID, [1], (error, { rows }) =>
        order.push(`${error} ${Object.keys(rows[0] as object).length}`),
      );
      client.query('SELECT 1', () => {
        order.push('last');
        resolve();
      });
    });
    expect(order).toEqual(['first', 'begin', 'rollback', 'null 6', 'last']);
  });

  it('is no procedure, which may have committed when it fails', async () => {
    await aside(
      server.url,
      'DROP TABLE IF EXISTS called',
      'CREATE TABLE called (n int)',
      `CREATE OR REPLACE PROCEDURE commit_and_fail(value int) LANGUAGE plpgsql AS $$
         BEGIN
           INSERT INTO called VALUES (value);
           COMMIT;
           IF value > 1 THEN PERFORM (value || 'x')::int; END IF;
         END $$`,
    );
    for (const [value, expected] of [
      [1, []],
      [1, []],
      [2, '22P02'],
    ] as const) {
      expect(await ask('CALL commit_and_fail($1)', value)).toEqual(expected);
    }
    expect(await answerOf(client.query('SELECT n FROM called'))).toEqual([{ n: 1 }, { n: 1 }, { n: 2 }]);
  });

  it('has its effects once', async () => {
    const insert = 'INSERT INTO item (id, size) VALUES ($1, 1) RETURNING *';
    await client.query(insert, [100]);
    await aside(server.url, 'ALTER TABLE item ADD note text');
    expect(await ask(insert, 101)).toEqual([{ id: 101, size: 1, feeling: 'sad', made: null, note: null }]);
    expect(await ask('SELECT count(*)::int AS n FROM item WHERE id >= $1', 100)).toEqual([{ n: 2 }]);
  });
});
