import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { poll } from '../../../../sample/src/common/poll.js';
import type { QueryObserver } from '../../../../src/database/query-source.interface.js';
import { DestroyHook } from '../../../../src/database/typeorm/destroy-hook.js';
import { QueryRunnerDataSourceHook } from '../../../../src/database/typeorm/query-runner-hook.js';
import type {
  TypeOrmDataSource,
  TypeOrmDriver,
  TypeOrmQueryRunner,
} from '../../../../src/database/typeorm/typeorm.interface.js';

class FakeRunner implements TypeOrmQueryRunner {
  constructor(private readonly rows: () => unknown) {}

  query(): Promise<unknown> {
    return Promise.resolve('rows');
  }

  stream(): Promise<unknown> {
    return Promise.resolve(this.rows());
  }
}

/** A driver whose query runners are short-lived, as that of MySQL. */
function setUp(rows: () => unknown = () => Readable.from([1, 2, 3])) {
  const driver: TypeOrmDriver = Object.create({
    createQueryRunner: () => new FakeRunner(rows),
    createPool: () => Promise.resolve({}),
  }) as TypeOrmDriver;
  const ended: unknown[] = [];
  const counts = { inFlight: 0 };
  const observer: QueryObserver = {
    queryStarted: () => void (counts.inFlight += 1),
    queryEnded: (_query, _durationMs, error) => {
      counts.inFlight -= 1;
      ended.push(error);
    },
    failed: () => {},
  };
  const hook = new QueryRunnerDataSourceHook(driver, 'mysql', new DestroyHook({} as TypeOrmDataSource));
  return { driver, ended, counts, stop: hook.observeQueries(observer) };
}

const isIdle = (counts: { readonly inFlight: number }): Promise<boolean> =>
  poll(() => counts.inFlight === 0, { timeoutMs: 60_000, intervalMs: 1 });

it('has a stream under way until it was read', async () => {
  const { driver, ended, counts } = setUp();
  const stream = (await driver.createQueryRunner().stream('SELECT 1')) as Readable;
  expect(counts.inFlight).toBe(1);
  expect(await stream.toArray()).toEqual([1, 2, 3]);
  expect(await isIdle(counts)).toBe(true);
  expect(ended).toEqual([undefined]);
});

it('has a stream end that is destroyed, with its error if it has one', async () => {
  const { driver, ended, counts } = setUp();
  const failure = new Error('The connection was lost.');
  const [left, failed] = [
    (await driver.createQueryRunner().stream('SELECT 1')) as Readable,
    (await driver.createQueryRunner().stream('SELECT 1')) as Readable,
  ];
  left.destroy();
  expect(await poll(() => counts.inFlight === 1, { timeoutMs: 60_000, intervalMs: 1 })).toBe(true);
  failed.once('error', () => {});
  failed.destroy(failure);
  expect(await isIdle(counts)).toBe(true);
  expect(ended).toEqual([undefined, failure]);
});

it('has a stream end that does not destroy itself', async () => {
  const { driver, counts } = setUp(() => {
    const stream = new Readable({ objectMode: true, autoDestroy: false, emitClose: false, read() {} });
    stream.push(1);
    stream.push(null);
    return stream;
  });
  const stream = (await driver.createQueryRunner().stream('SELECT 1')) as Readable;
  stream.resume();
  expect(await isIdle(counts)).toBe(true);
});

it('leaves an error without a listener to end the process', async () => {
  const { driver } = setUp();
  const stream = (await driver.createQueryRunner().stream('SELECT 1')) as Readable;
  expect(stream.listenerCount('error')).toBe(0);
});

it('ends a stream at once that is none', async () => {
  const { driver, ended, counts } = setUp(() => undefined);
  expect(await driver.createQueryRunner().stream('SELECT 1')).toBe(undefined);
  expect(counts.inFlight).toBe(0);
  expect(ended).toEqual([undefined]);
});

it('leaves short-lived query runners at their next statement', async () => {
  const { driver, ended, stop } = setUp();
  const runner = driver.createQueryRunner();
  await runner.query('SELECT 1');
  stop();
  expect(Object.hasOwn(driver, 'createQueryRunner')).toBe(false);
  expect(await runner.query('SELECT 1')).toBe('rows');
  expect(Object.keys(runner)).toEqual(['rows']);
  expect(ended).toEqual([undefined]);
});

it.each([
  ['mysql', true],
  ['mariadb', true],
  ['aurora-mysql', true],
  ['better-sqlite3', false],
  ['mssql', false],
])('tells of a data source of %s whether it is of the kin of MySQL: %s', async (type, isMySql) => {
  const driver = Object.create({ createQueryRunner: () => new FakeRunner(() => undefined) }) as TypeOrmDriver;
  const told: unknown[] = [];
  const destruction = new DestroyHook({} as TypeOrmDataSource);
  new QueryRunnerDataSourceHook(driver, type, destruction).observeQueries({
    queryEnded: (query) => void told.push(query.isMySql, query.parameters),
    failed: () => {},
  });
  await driver.createQueryRunner().query("SELECT 'it\\'s'", [1]);
  expect(told).toEqual([isMySql, [1]]);
});
