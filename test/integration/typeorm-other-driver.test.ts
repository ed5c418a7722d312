import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeQueries } from '../support/timed-source.js';
import { entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';

describe.each(TYPEORM_VERSIONS)('a data source of SQLite in TypeORM %s', (_version, typeorm) => {
  const entities = entitiesOf(typeorm);
  let source: DataSource;
  let logged: string[];

  beforeEach(() => {
    logged = [];
    source = new typeorm.DataSource({
      type: 'sqljs',
      entities: entities.all,
      synchronize: true,
      logging: true,
      logger: {
        logQuery: (text: string) => void logged.push(text),
        logQueryError: () => {},
        logQuerySlow: () => {},
        logSchemaBuild: () => {},
        logMigration: () => {},
        log: () => {},
      },
    });
  });
  afterEach(async () => {
    if (source.isInitialized) {
      await source.destroy();
    }
  });

  it('has its queries, transactions and errors timed', async () => {
    const timed = timeQueries(source);
    await source.initialize();
    const authors = source.getRepository(entities.author);
    await authors.save({ name: 'Ada' });
    await source.transaction(async (manager) => {
      await manager.save(entities.author, { name: 'Grace' });
      await manager.transaction((nested) => nested.count(entities.author));
    });
    await expect(authors.insert({ name: 'Ada' })).rejects.toThrow('UNIQUE constraint failed');
    await expect(source.query('SELEC 1')).rejects.toThrow('syntax error');
    const stats = timed.timer.getStats();
    expect(stats).toMatchObject({ errors: 2, inFlight: 0 });
    const { operations, errors } = await timed.counted();
    expect(errors).toEqual({ client: 2 });
    expect(Object.values(operations).reduce((sum, count) => sum + count, 0)).toBe(stats.queries);
    const sent = (start: RegExp) => logged.filter((text) => start.test(text)).length;
    expect(operations).toMatchObject({
      insert: sent(/^INSERT/),
      transaction: sent(/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/),
      ddl: sent(/^(CREATE|ALTER|DROP)/),
    });
    // This the driver asks by itself, past its query runner.
    const byDriver = sent(/^SELECT last_insert_rowid/);
    expect(stats.queries).toBe(logged.length - byDriver);
  });

  it('has no pool', async () => {
    const timed = timeQueries(source);
    await source.initialize();
    const series = await timed.scrape();
    expect([...series.keys()].filter((name) => name.includes('db_pool'))).toEqual([]);
    expect(series.get('app_db_queries_in_flight')).toBe(0);
  });

  it('is left as it was', async () => {
    await source.initialize();
    const runner = source.createQueryRunner();
    const keys = Object.keys(runner);
    const before = logged.length;
    const timed = timeQueries(source);
    await runner.query('SELECT 1');
    await source.query('SELECT 2');
    expect(timed.timer.getStats().queries).toBe(logged.length - before);
    timed.timer.uninstall();
    expect(Object.keys(runner)).toEqual(keys);
    expect(Object.hasOwn(source.driver, 'createQueryRunner')).toBe(false);
    await source.query('SELECT 3');
    expect(timed.timer.getStats().queries).toBe(2);
    timed.timer.install();
    await source.query('SELECT 4');
    expect(timed.timer.getStats().queries).toBe(3);
    timed.timer.uninstall();
  });

  it('throws as ever where it cannot stream', async () => {
    await source.initialize();
    const timed = timeQueries(source);
    const runner = source.createQueryRunner();
    expect(() => runner.stream('SELECT 1')).toThrow('Stream is not supported by');
    expect(timed.timer.getStats()).toMatchObject({ queries: 1, errors: 1, inFlight: 0 });
  });

  it('is timed after destroy() and initialize()', async () => {
    const { timer } = timeQueries(source);
    await source.initialize();
    await source.destroy();
    const before = timer.getStats().queries;
    await source.initialize();
    await source.query('SELECT 1');
    expect(timer.getStats().queries).toBeGreaterThan(before + 1);
    expect(timer.getStats().queries).toBe(logged.length);
  });
});
