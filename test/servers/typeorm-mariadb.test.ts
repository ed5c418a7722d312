import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findMissingMariaDb, type MariaDb, startMariaDb } from '../support/mariadb-server.js';
import { timeQueries } from '../support/timed-source.js';
import { entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';
import { until } from '../support/watched-database.js';
import { isSkipped } from '../support/skipped.js';

const skipped = isSkipped('TypeORM on MariaDB', findMissingMariaDb());

let server: MariaDb;
beforeAll(async () => {
  if (!skipped) server = await startMariaDb();
});
afterAll(() => server?.stop());

describe.skipIf(skipped).each(TYPEORM_VERSIONS)('MariaDB in TypeORM %s', (_version, typeorm) => {
  const entities = entitiesOf(typeorm);
  let source: DataSource;
  let timed: ReturnType<typeof timeQueries>;

  beforeEach(async () => {
    const { host, port, username, password, database } = server;
    source = new typeorm.DataSource({
      type: 'mysql',
      host,
      port,
      username,
      password,
      database,
      entities: entities.all,
      synchronize: true,
      dropSchema: true,
      extra: { connectionLimit: 3 },
    });
    await source.initialize();
    timed = timeQueries(source);
  });
  afterEach(async () => {
    timed.timer.uninstall();
    await source.destroy();
  });

  it('has its queries and transactions timed by what they do', async () => {
    const authors = source.getRepository(entities.author);
    await authors.insert({ name: 'Ada' });
    await source.transaction(async (manager) => {
      await manager.update(entities.author, { name: 'Ada' }, { name: 'Grace' });
      await manager.delete(entities.author, { name: 'Nobody' });
    });
    expect(await authors.count()).toBe(1);
    expect(await timed.counted()).toEqual({
      operations: { insert: 1, update: 1, delete: 1, select: 1, transaction: 2 },
      errors: {},
      inFlight: 0,
    });
  });

  it.each<readonly [string, (source: DataSource) => Promise<unknown>]>([
    ['23', (from) => from.getRepository(entities.author).insert([{ name: 'Ada' }, { name: 'Ada' }])],
    ['42', (from) => from.query('SELECT * FROM missing')],
    ['42', (from) => from.query('SELEC 1')],
    ['22', (from) => from.query('INSERT INTO author(id, name) VALUES (99999999999, ?)', ['Ada'])],
    ['21', (from) => from.query('SELECT (SELECT 1 UNION SELECT 2)')],
    ['HY', (from) => from.query("SET SESSION sql_mode = 'no_such_mode_at_all', no_such_variable = 1")],
    ['45', (from) => from.query("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'The rule says no.'")],
    [
      '70',
      (from) =>
        from.query('SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(30), BENCHMARK(1000000000, 1)'),
    ],
  ])('tells an error by its class: %s', async (errorClass, fail) => {
    const error: unknown = await fail(source).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ sqlState: expect.stringMatching(new RegExp(`^${errorClass}`)) });
    expect(await timed.counted()).toMatchObject({ errors: { [errorClass]: 1 }, inFlight: 0 });
  });

  it('tells an error by its class: 40 of a deadlock', async () => {
    await source.getRepository(entities.author).insert([{ name: 'Ada' }, { name: 'Grace' }]);
    const lock = (name: string): string => `UPDATE author SET name = name WHERE name = '${name}'`;
    const work = (first: string, second: string, ready: () => Promise<unknown>) =>
      source.transaction(async (manager) => {
        await manager.query(lock(first));
        await ready();
        await manager.query(lock(second));
      });
    let locked = 0;
    const both = (): Promise<void> => {
      locked += 1;
      return until('both locks', () => locked === 2);
    };
    const results = await Promise.allSettled([work('Ada', 'Grace', both), work('Grace', 'Ada', both)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await timed.counted()).errors).toEqual({ 40: 1 });
  });

  it('tells that the connection was lost as `client`', async () => {
    const runner = source.createQueryRunner();
    const [{ id }] = (await runner.query('SELECT CONNECTION_ID() AS id')) as [{ id: number }];
    const waiting = runner.query('SELECT SLEEP(30)').catch((error: unknown) => error);
    await source.query(`KILL ${id}`);
    expect(await waiting).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    await runner.release();
    const { errors } = await timed.counted();
    expect(errors).toEqual({ client: 1 });
  });

  it('has neither pools nor health', async () => {
    const series = [...(await timed.scrape()).keys()];
    expect(series.filter((name) => /db_pool|health/.test(name))).toEqual([]);
  });
});
