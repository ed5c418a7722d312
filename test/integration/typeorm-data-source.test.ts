import 'reflect-metadata';
import type { DataSource, DataSourceOptions, MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { startPostgres } from '../support/postgres.js';
import { StatementLog } from '../support/statement-log.js';
import { timeQueries } from '../support/timed-source.js';
import { entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let statements: StatementLog;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe.each(TYPEORM_VERSIONS)('a data source of TypeORM %s', (_version, typeorm) => {
  const sources: DataSource[] = [];
  const entities = entitiesOf(typeorm);

  beforeEach(() => {
    statements = new StatementLog();
  });
  afterEach(async () => {
    statements.stop();
    for (const source of sources.splice(0).filter(({ isInitialized }) => isInitialized)) {
      await source.destroy();
    }
  });

  function sourceOf(options: Partial<DataSourceOptions> = {}): DataSource {
    const source = new typeorm.DataSource({
      type: 'postgres',
      url: server.url,
      entities: entities.all,
      synchronize: true,
      dropSchema: true,
      ...options,
    } as DataSourceOptions);
    sources.push(source);
    return source;
  }

  it('has all timed that its repositories, query builders and transactions send', async () => {
    const source = sourceOf();
    const timed = timeQueries(source);
    await source.initialize();
    const { operations: atStart } = await timed.counted();
    const authors = source.getRepository(entities.author);
    const books = source.getRepository(entities.book);
    const ada = await authors.save({ name: 'Ada', books: [{ title: 'One' }, { title: 'Two' }] as never });
    await authors.findOneByOrFail({ id: ada.id });
    expect(await authors.find({ relations: { books: true } })).toMatchObject([{ books: [{}, {}] }]);
    expect(
      await books.createQueryBuilder('book').leftJoinAndSelect('book.author', 'author').getMany(),
    ).toHaveLength(2);
    await books.update({ title: 'Two' }, { title: 'Three' });
    await source.transaction(async (manager) => {
      await manager.save(entities.author, { name: 'Grace' });
      await manager.transaction((nested) => nested.count(entities.author));
    });
    await expect(
      source.transaction((manager) => manager.save(entities.author, { name: 'Ada' })),
    ).rejects.toThrow('duplicate key');
    await books.delete({ title: 'Three' });
    await authors.remove(await authors.findBy({ name: 'Grace' }));
    expect(timed.timer.getStats()).toMatchObject({
      queries: statements.texts.length,
      errors: 1,
      inFlight: 0,
    });
    const { operations, errors } = await timed.counted();
    expect(errors).toEqual({ '23': 1 });
    expect(Object.values(operations).reduce((sum, count) => sum + count, 0)).toBe(statements.texts.length);
    const since = (operation: string) => (operations[operation] ?? 0) - (atStart[operation] ?? 0);
    expect({
      insert: since('insert'),
      update: since('update'),
      delete: since('delete'),
      ddl: since('ddl'),
    }).toEqual({
      insert: statements.texts.filter((text) => text.startsWith('INSERT')).length,
      update: 1,
      delete: 2,
      ddl: 0,
    });
  });

  it('has its migrations timed', async () => {
    class AddPages1700000000000 implements MigrationInterface {
      name = 'AddPages1700000000000';
      up = (runner: QueryRunner) => runner.query('CREATE TABLE pages (id int)');
      down = (runner: QueryRunner) => runner.query('DROP TABLE pages');
    }
    const source = sourceOf({ migrations: [AddPages1700000000000] });
    const timed = timeQueries(source);
    await source.initialize();
    expect(await source.runMigrations()).toHaveLength(1);
    await source.undoLastMigration();
    expect(statements.texts).toEqual(
      expect.arrayContaining(['CREATE TABLE pages (id int)', 'DROP TABLE pages']),
    );
    expect(timed.timer.getStats()).toMatchObject({
      queries: statements.texts.length,
      errors: 0,
      inFlight: 0,
    });
  });

  it('is timed after destroy() and initialize(), as often as it comes back', async () => {
    const source = sourceOf();
    const timed = timeQueries(source);
    for (let round = 0; round < 3; round += 1) {
      await source.initialize();
      await source.query('SELECT 1');
      await source.destroy();
    }
    expect(statements.texts.length).toBeGreaterThan(9);
    expect(timed.timer.getStats()).toMatchObject({
      queries: statements.texts.length,
      errors: 0,
      inFlight: 0,
    });
  });

  it('that is initialised is timed from install() on, and no more after uninstall()', async () => {
    const source = sourceOf();
    await source.initialize();
    const runner = source.createQueryRunner();
    await runner.query('SELECT 1');
    const { timer } = timeQueries(source);
    await runner.query('SELECT 1');
    await source.query('SELECT 1');
    expect(timer.getStats().queries).toBe(2);
    timer.uninstall();
    await runner.query('SELECT 1');
    await runner.release();
    expect(timer.getStats().queries).toBe(2);
    const driver = source.driver as unknown as { master: { _clients: object[] } };
    expect(Object.hasOwn(driver, 'createPool')).toBe(false);
    expect(Object.hasOwn(driver, 'createQueryRunner')).toBe(false);
    expect(Object.hasOwn(driver.master, 'connect')).toBe(false);
    expect(driver.master._clients.map((client) => Object.hasOwn(client, 'query'))).not.toContain(true);
    await source.destroy();
    await source.initialize();
    expect(timer.getStats().queries).toBe(2);
  });

  it('that cannot be initialised fails as ever, and is timed once it can', async () => {
    const source = sourceOf({ url: `postgres://nobody@127.0.0.1:${await findFreePort()}/none` });
    const timed = timeQueries(source);
    await expect(source.initialize()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await timed.counted()).toEqual({ operations: {}, errors: {}, inFlight: 0 });
    source.setOptions({ url: server.url });
    await source.initialize();
    expect(timed.timer.getStats()).toMatchObject({ queries: statements.texts.length, inFlight: 0 });
    expect(statements.texts.length).toBeGreaterThan(0);
  });

  it('that fails in initialize() has the failing statement counted', async () => {
    const broken = new typeorm.EntitySchema<{ id: number }>({
      name: 'broken',
      columns: { id: { type: 'integer', primary: true, default: () => 'no_such_function()' } },
    });
    const source = sourceOf({ entities: [broken] });
    const timed = timeQueries(source);
    await expect(source.initialize()).rejects.toThrow('no_such_function');
    expect(timed.timer.getStats()).toMatchObject({
      queries: statements.texts.length,
      errors: 1,
      inFlight: 0,
    });
    expect((await timed.counted()).errors).toEqual({ '42': 1 });
  });

  it('with replicas is timed on all of them', async () => {
    const at = { url: server.url };
    const source = sourceOf({
      url: undefined,
      replication: { master: at, slaves: [at, at] },
    } as Partial<DataSourceOptions>);
    const timed = timeQueries(source);
    await source.initialize();
    const authors = source.getRepository(entities.author);
    await authors.save({ name: 'Ada' });
    for (let index = 0; index < 10; index += 1) {
      await authors.find();
    }
    const { master, slaves } = source.driver as unknown as { master: object; slaves: object[] };
    expect([master, ...slaves].map((pool) => Object.hasOwn(pool, 'connect'))).toEqual([true, true, true]);
    expect(timed.timer.getStats()).toMatchObject({
      queries: statements.texts.length,
      errors: 0,
      inFlight: 0,
    });
    timed.timer.uninstall();
    expect([master, ...slaves].map((pool) => Object.hasOwn(pool, 'connect'))).toEqual([false, false, false]);
  });

  it('is told apart from others, and counted with them', async () => {
    const [first, second] = [sourceOf({ dropSchema: false }), sourceOf({ dropSchema: false })];
    await first.initialize();
    await second.initialize();
    const ofFirst = timeQueries(first);
    const ofBoth = timeQueries([first, second]);
    await first.query('SELECT 1');
    await second.query('SELECT 1');
    expect(ofFirst.timer.getStats().queries).toBe(1);
    expect(ofBoth.timer.getStats().queries).toBe(2);
    expect((await ofBoth.counted()).operations).toEqual({ select: 2 });
  });

  it('whose pool is exhausted has failed acquires, and no queries that were never sent', async () => {
    const source = sourceOf({ poolSize: 1, connectTimeoutMS: 3_000 });
    await source.initialize();
    const timed = timeQueries(source);
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    await expect(source.query('SELECT 2')).rejects.toThrow('timeout exceeded');
    await expect(source.getRepository(entities.author).find()).rejects.toThrow('timeout exceeded');
    await runner.commitTransaction();
    await runner.release();
    expect(await timed.acquired()).toEqual({ idle: 1, timeout: 2 });
    expect(await timed.counted()).toEqual({ operations: { transaction: 2 }, errors: {}, inFlight: 0 });
  });

  it('has a stream under way until it ends, and one that is left half-way', async () => {
    const source = sourceOf();
    await source.initialize();
    const timed = timeQueries(source);
    const runner = source.createQueryRunner();
    const stream = await runner.stream('SELECT i FROM generate_series(1, 1000) i');
    expect(timed.timer.inFlight).toBe(1);
    expect(await stream.toArray()).toHaveLength(1000);
    expect(await poll(() => timed.timer.inFlight === 0, { timeoutMs: 60_000, intervalMs: 1 })).toBe(true);
    for await (const _row of await runner.stream('SELECT i FROM generate_series(1, 1000) i')) {
      break;
    }
    await runner.query('SELECT 1');
    await runner.release();
    expect(await timed.counted()).toEqual({ operations: { select: 3 }, errors: {}, inFlight: 0 });
  });
});
