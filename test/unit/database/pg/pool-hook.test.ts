import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { PgPool } from '../../../../src/database/pg/pg.interface.js';
import { PoolHook } from '../../../../src/database/pg/pool-hook.js';
import type {
  QueryObserver,
  StatementNamer,
} from '../../../../src/database/source/query-source.interface.js';

class FakeClient extends EventEmitter {
  readonly connection = Object.assign(new EventEmitter(), { parsedStatements: {}, close: () => {} });
  readonly readyForQuery = true;
  readonly release = (): void => {};
  readonly queryQueue: unknown[] = [];

  getTransactionStatus(): string {
    return 'I';
  }

  /** As pg's: the callback is the second or the third argument. */
  query(config: unknown, ...others: unknown[]): void {
    this.queryQueue.push(config);
    (others.at(-1) as (...results: unknown[]) => void)(null, 'rows');
  }
}

class FakePool extends EventEmitter {
  readonly options = { max: 10 };
  readonly totalCount = 1;
  readonly idleCount = 1;
  readonly waitingCount = 0;
  readonly _clients: FakeClient[] = [];

  connect(): void {}

  open(): FakeClient {
    const client = new FakeClient();
    this._clients.push(client);
    this.emit('connect', client);
    return client;
  }
}

function setUp() {
  const pool = new FakePool();
  const log: string[] = [];
  const namer = (name: string) => (): StatementNamer => ({
    nameFor: () => ({ name, ended: () => false }),
    passed: () => {},
    connectionClosed: () => {},
    cannotName: (reason) => void log.push(`${name}: ${reason}`),
    stopped: () => void log.push(`${name} stopped`),
  });
  const send = (client: FakeClient): unknown => {
    client.query('SELECT $1', [1], () => {});
    return client.queryQueue.at(-1);
  };
  return { pool, hook: PoolHook.of(pool as unknown as PgPool), log, namer, send };
}

const named = (name: string): unknown => ({ name, text: 'SELECT $1', values: [1] });

it('names statements while it has a namer, on connections that are open and on new ones', () => {
  const { pool, hook, log, namer, send } = setUp();
  const observer: QueryObserver = { queryEnded: () => {}, failed: () => {} };
  const open = pool.open();
  hook.observeQueries(observer);
  expect(send(open)).toBe('SELECT $1');
  const stop = hook.nameStatements(namer('a'));
  expect(send(open)).toEqual(named('a'));
  const late = pool.open();
  expect(send(late)).toEqual(named('a'));
  stop();
  expect([send(open), send(late)]).toEqual(['SELECT $1', 'SELECT $1']);
  expect(log).toEqual(['a stopped']);
});

it('asks its first namer, and the next one when that is removed', () => {
  const { pool, hook, log, namer, send } = setUp();
  const client = pool.open();
  const stops = ['a', 'b', 'c'].map((name) => hook.nameStatements(namer(name)));
  expect(send(client)).toEqual(named('a'));
  stops[1]?.();
  expect(send(client)).toEqual(named('a'));
  stops[0]?.();
  expect(send(client)).toEqual(named('c'));
  stops[2]?.();
  expect(Object.hasOwn(client, 'query')).toBe(false);
  expect(log).toEqual(['a stopped', 'c stopped']);
});

it('makes a namer of its own for each call, also for the same function', () => {
  const { hook, log, namer } = setUp();
  const namerFor = namer('a');
  const stops = [hook.nameStatements(namerFor), hook.nameStatements(namerFor)];
  stops[0]?.();
  stops[0]?.();
  stops[1]?.();
  expect(log).toEqual(['a stopped', 'a stopped']);
});

it('tells an observer of pools what is open when it comes, and that it is closed when it goes', () => {
  const { pool, hook } = setUp();
  const counts: number[] = [];
  pool.open();
  const stop = hook.observePools({
    acquired: () => {},
    connectionsOpened: (count) => void counts.push(count),
    connectionsClosed: (count) => void counts.push(-count),
    failed: () => {},
  });
  pool.open();
  stop();
  expect(counts).toEqual([1, 1, -2]);
  expect(Object.hasOwn(pool, 'connect')).toBe(false);
});
