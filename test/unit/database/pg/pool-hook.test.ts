import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { PgPool } from '../../../../src/database/pg/pg.interface.js';
import { PoolHook } from '../../../../src/database/pg/pool-hook.js';
import type {
  ConnectionUse,
  PoolObserver,
  QueryObserver,
  StatementNamer,
} from '../../../../src/database/source/query-source.interface.js';

class FakeClient extends EventEmitter {
  readonly processID = 4711;
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

  connect(callback: (error: unknown, client: FakeClient) => void): void {
    this.emit('acquire', this._clients[0]);
    callback(undefined, this._clients[0] as FakeClient);
  }

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

/** Records the ends of uses, and the calls of the application as the code that requests connections. */
function usesOf(observing: Partial<PoolObserver> = {}) {
  const ended: ConnectionUse[] = [];
  const faults: unknown[] = [];
  const observer: PoolObserver = {
    released: (use) => void ended.push(use),
    failed: (fault) => void faults.push(fault),
    ...observing,
  };
  return { observer, ended, faults };
}

it('tells observers of a use once when it ends, by release or by the removal of the connection', () => {
  const { pool, hook } = setUp();
  const client = pool.open();
  const { observer, ended } = usesOf();
  hook.observePools(observer);
  pool.connect(() => {});
  expect(hook.uses()).toMatchObject([{ beganEarlier: false, origin: undefined, processId: 4711 }]);
  const [use] = hook.uses();
  pool.emit('release', undefined, client);
  pool.emit('release', undefined, client);
  expect(ended).toEqual([use]);
  pool.connect(() => {});
  pool.emit('remove', client);
  pool.emit('release', undefined, client);
  expect([ended.length, hook.uses().length]).toEqual([2, 0]);
});

it('knows no use of a connection that the pool took by itself', () => {
  const { pool, hook } = setUp();
  const client = pool.open();
  const { observer, ended } = usesOf();
  hook.observePools(observer);
  pool.emit('acquire', client);
  expect(hook.uses()).toEqual([]);
  pool.emit('release', undefined, client);
  expect(ended).toEqual([]);
});

it('takes the origin of a request for a connection only while an observer needs it', () => {
  const { pool, hook } = setUp();
  const client = pool.open();
  const origin = (): string => 'src/books.ts:3:5';
  hook.observePools(usesOf().observer);
  const stop = hook.observePools(usesOf({ takeOrigin: () => origin }).observer);
  const originOfUse = (): unknown => {
    pool.connect(() => {});
    const [use] = hook.uses();
    pool.emit('release', undefined, client);
    return use?.origin;
  };
  expect(originOfUse()).toBe(origin);
  stop();
  expect(originOfUse()).toBeUndefined();
});

it('reports the error of an observer to it, and tells the others', () => {
  const { pool, hook } = setUp();
  const client = pool.open();
  const bad = usesOf({
    released: () => {
      throw new Error('not today');
    },
  });
  const good = usesOf();
  hook.observePools(bad.observer);
  hook.observePools(good.observer);
  pool.connect(() => {});
  pool.emit('release', undefined, client);
  expect([bad.faults, good.ended.length]).toEqual([[new Error('not today')], 1]);
});

it('notes a use that began before there were observers, and forgets uses when the last one goes', () => {
  const { pool, hook, namer } = setUp();
  pool.open();
  const stopNaming = hook.nameStatements(namer('a'));
  pool.connect(() => {});
  expect(hook.uses()).toEqual([]);
  const { observer, ended } = usesOf();
  const stop = hook.observePools(observer);
  expect(hook.uses()).toMatchObject([{ beganEarlier: true, scope: undefined, processId: 4711 }]);
  stopNaming();
  stop();
  expect([hook.uses(), ended]).toEqual([[], []]);
});

it('observes the end of a use on a pool that emits no event of it, before the next one begins', () => {
  class SilentPool extends FakePool {
    _release(client: FakeClient): void {
      this.connect(() => void log.push(`next one by ${client.constructor.name}`));
    }
  }
  const log: string[] = [];
  const pool = new SilentPool();
  const client = pool.open();
  const hook = PoolHook.of(pool as unknown as PgPool);
  const stop = hook.observePools({
    acquired: () => void log.push('acquired'),
    released: () => void log.push('released'),
    failed: (error) => void log.push(String(error)),
  });
  pool.connect(() => {});
  pool._release(client);
  expect(log).toEqual(['acquired', 'released', 'acquired', 'next one by FakeClient']);
  expect(hook.uses()).toHaveLength(1);
  stop();
  expect(Object.hasOwn(pool, '_release')).toBe(false);
});
