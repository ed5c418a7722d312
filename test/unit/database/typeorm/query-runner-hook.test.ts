import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { poll } from '../../../../sample/src/common/poll.js';
import type { QueryObserver } from '../../../../src/database/source/query-source.interface.js';
import { QueryRunnerDataSourceHook } from '../../../../src/database/typeorm/query-runner-hook.js';
import type {
  TypeOrmDataSource,
  TypeOrmDriver,
  TypeOrmQueryRunner,
} from '../../../../src/database/typeorm/typeorm.interface.js';

class FakeRunner implements TypeOrmQueryRunner {
  /** Arguments of the last stream. */
  streamed: readonly unknown[] = [];

  constructor(private readonly rows: () => unknown) {}

  query(): Promise<unknown> {
    return Promise.resolve('rows');
  }

  stream(...args: unknown[]): Promise<unknown> {
    this.streamed = args;
    return Promise.resolve(this.rows());
  }
}

/** A driver whose query runners are short-lived, as those of MySQL and SQL Server. */
function setUp(rows: () => unknown = () => Readable.from([1, 2, 3]), type = 'mssql') {
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
  const hook = new QueryRunnerDataSourceHook({ driver, options: { type } } as TypeOrmDataSource);
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

it.each([
  ['a reader that breaks', (stream: Readable) => stream.take(1).toArray()],
  ['an aborted signal', (stream: Readable) => stream.toArray({ signal: AbortSignal.abort() })],
  [
    'a client that goes',
    (stream: Readable) => {
      const client = new Writable({ objectMode: true, write: () => client.destroy() });
      return pipeline(stream, client);
    },
  ],
])('has no error by %s', async (_name, read) => {
  const { driver, ended, counts } = setUp();
  await read((await driver.createQueryRunner().stream('SELECT 1')) as Readable).catch(() => {});
  expect(await isIdle(counts)).toBe(true);
  expect(ended).toEqual([undefined]);
});

it('ends with an error that a stream tells without destroying itself', async () => {
  const { driver, ended, counts } = setUp(() => new EventEmitter());
  const stream = (await driver.createQueryRunner().stream('SELECT 1')) as EventEmitter;
  const failure = new Error('Deadlock.');
  expect(() => stream.emit('error', failure)).toThrow(failure);
  expect(counts.inFlight).toBe(0);
  expect(ended).toEqual([failure]);
});

it.each(['mysql', 'mariadb'])(
  'takes the error that a driver of %s tells, and none of the reader',
  async (type) => {
    const { driver, ended, counts } = setUp(undefined, type);
    const told: unknown[] = [];
    const failure = new Error('Deadlock.');
    for (const isFailure of [false, true]) {
      const runner = driver.createQueryRunner() as FakeRunner;
      const stream = (await runner.stream('SELECT 1', [7], undefined, (error: unknown) => {
        told.push(error);
      })) as Readable;
      expect(runner.streamed.slice(0, 3)).toEqual(['SELECT 1', [7], undefined]);
      if (isFailure) (runner.streamed[3] as (error: unknown) => void)(failure);
      stream.once('error', () => {}).destroy(isFailure ? failure : new Error("The reader's own."));
      expect(await isIdle(counts)).toBe(true);
    }
    expect(told).toEqual([failure]);
    expect(ended).toEqual([undefined, failure]);
  },
);

it.each(['aurora-mysql', 'mssql', 'oracle'])('gives a driver of %s its own arguments', async (type) => {
  const runner = setUp(undefined, type).driver.createQueryRunner() as FakeRunner;
  await runner.stream('SELECT 1', [7]);
  expect(runner.streamed).toEqual(['SELECT 1', [7]]);
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
  expect(Object.keys(runner)).toEqual(['rows', 'streamed']);
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
  new QueryRunnerDataSourceHook({ driver, options: { type } } as TypeOrmDataSource).observeQueries({
    queryEnded: (query) => void told.push(query.isMySql, query.parameters),
    failed: () => {},
  });
  await driver.createQueryRunner().query("SELECT 'it\\'s'", [1]);
  expect(told).toEqual([isMySql, [1]]);
});
