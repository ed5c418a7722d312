import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ClientHook } from '../../../../src/database/pg/client-hook.js';
import type { PgClient } from '../../../../src/database/pg/pg.interface.js';
import type {
  ObservedQuery,
  QueryObserver,
  QuerySource,
} from '../../../../src/database/source/query-source.interface.js';

/** What an observer was told, in order. */
function recording(): QueryObserver & { readonly events: unknown[] } {
  const events: unknown[] = [];
  return {
    events,
    queryStarted: ({ text }: ObservedQuery) => void events.push(['started', text]),
    queryEnded: ({ text }, durationMs, error) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      events.push(['ended', text, error]);
    },
    failed: (fault) => void events.push(['failed', fault]),
  };
}

/** An observer of which everything throws. */
function broken(): QueryObserver & { readonly faults: unknown[] } {
  const faults: unknown[] = [];
  const fault = new Error('The observer is broken.');
  return {
    faults,
    queryStarted: () => {
      throw fault;
    },
    queryEnded: () => {
      throw fault;
    },
    failed: (error) => void faults.push(error),
  };
}

class FakeClient extends EventEmitter {
  readonly connection = new EventEmitter();
  answer: (...args: unknown[]) => unknown = () => Promise.resolve('rows');

  query(...args: unknown[]): unknown {
    return this.answer(...args);
  }
}

function setUp<Client extends FakeClient = FakeClient>(
  queryObservers: readonly QueryObserver[],
  client = new FakeClient() as Client,
) {
  const hook = new ClientHook(client as unknown as PgClient, {
    isObserved: true,
    source: {} as QuerySource,
    queryObservers,
  });
  hook.install(false);
  return { client, hook };
}

describe('an observer that throws', () => {
  it('is told so, and neither the query nor the other observers notice', async () => {
    const faulty = broken();
    const other = recording();
    const { client } = setUp([faulty, other]);
    expect(await client.query('SELECT 1')).toBe('rows');
    expect(other.events).toEqual([
      ['started', 'SELECT 1'],
      ['ended', 'SELECT 1', undefined],
    ]);
    expect(faulty.faults).toEqual([
      new Error('The observer is broken.'),
      new Error('The observer is broken.'),
    ]);
  });

  it('does not change how a query fails', async () => {
    const { client } = setUp([broken()]);
    const failure = new Error('The query failed.');
    client.answer = () => Promise.reject(failure);
    await expect(client.query('SELECT 1')).rejects.toBe(failure);
    client.answer = () => {
      throw failure;
    };
    expect(() => client.query('SELECT 1')).toThrow(failure);
  });
});

describe('what a query gives', () => {
  it('is returned as it is when it is no promise, and ends the query', () => {
    const observer = recording();
    const { client } = setUp([observer]);
    const odd = { rows: [] };
    client.answer = () => odd;
    expect(client.query('SELECT 1')).toBe(odd);
    expect(observer.events).toHaveLength(2);
  });

  it('follows promises of other libraries', async () => {
    const observer = recording();
    const { client } = setUp([observer]);
    class OtherPromise<T> extends Promise<T> {}
    client.answer = () => OtherPromise.resolve('rows');
    const answer = client.query('SELECT 1');
    expect(answer).toBeInstanceOf(OtherPromise);
    expect(await answer).toBe('rows');
    expect(observer.events).toHaveLength(2);
  });
});

describe('a configuration that is used twice', () => {
  /** As pg adds a callback to a configuration: until 8.22 to the application's object, since then to a copy. */
  const clientOf = (copies: boolean) => {
    class Query {
      readonly callback: ((error: unknown, result: unknown) => void) | undefined;

      constructor(given: object, _values: unknown, callback: unknown) {
        const config: { callback?: Query['callback'] } = copies ? { ...given } : given;
        if (callback !== undefined) {
          config.callback = callback as Query['callback'];
        }
        this.callback = config.callback;
      }
    }
    return class PgLikeClient extends FakeClient {
      static readonly Query = Query;
      readonly queryQueue: Query[] = [];
      readonly callbacks: unknown[] = [];

      override query(config: object, values?: unknown, callback?: unknown): unknown {
        this.callbacks.push(callback);
        const query = new Query(config, values, callback);
        this.queryQueue.push(query);
        if (query.callback === undefined) {
          return Promise.resolve('rows');
        }
        queueMicrotask(() => query.callback?.(null, 'rows'));
        return undefined;
      }
    };
  };

  it.each([false, true])('gives two promises, where pg copies it: %s', async (copies) => {
    const observer = recording();
    const { client } = setUp([observer], new (clientOf(copies))());
    const config = Object.freeze({ text: 'SELECT 1' });
    expect(await client.query(config)).toBe('rows');
    expect(await client.query(config)).toBe('rows');
    const own = { text: 'SELECT 2' };
    expect(await client.query(own)).toBe('rows');
    expect(await client.query(own)).toBe('rows');
    expect(own).toEqual({ text: 'SELECT 2' });
    expect(observer.events.filter((event) => (event as unknown[])[0] === 'ended')).toHaveLength(4);
    // pg gets a callback where it does no harm: observing makes no promise then.
    expect(client.callbacks.every((callback) => (callback !== undefined) === copies)).toBe(true);
  });
});

describe('an object that submits itself', () => {
  it('passes unobserved when it does not tell of its end', () => {
    const observer = recording();
    const { client } = setUp([observer]);
    const native = { text: 'SELECT 1', submit: () => {} };
    client.answer = (config) => config;
    expect(client.query(native)).toBe(native);
    expect(observer.events).toEqual([]);
    expect(Object.keys(native)).toEqual(['text', 'submit']);
  });

  it('ends once, by its error or its end, and is left as it was', () => {
    const observer = recording();
    const { client } = setUp([observer]);
    const calls: unknown[] = [];
    class Submittable {
      text = 'SELECT 1';
      submit(): void {}
      handleError(error: unknown): void {
        calls.push(error);
      }
      handleReadyForQuery(): void {
        calls.push('ready');
      }
    }
    const submittable = new Submittable();
    client.query(submittable);
    expect(observer.events).toEqual([['started', 'SELECT 1']]);
    submittable.handleError('broken');
    submittable.handleReadyForQuery();
    submittable.handleError('late');
    expect(observer.events).toEqual([
      ['started', 'SELECT 1'],
      ['ended', 'SELECT 1', 'broken'],
    ]);
    expect(calls).toEqual(['broken', 'ready', 'late']);
    expect(Object.keys(submittable)).toEqual(['text']);
  });
});

describe('a client that does not tell its transaction status', () => {
  it('is pinned by what the server says of it, and left without listeners', () => {
    const { client, hook } = setUp([]);
    hook.install(true);
    hook.checkedOut();
    expect(client.connection.listenerCount('readyForQuery')).toBe(1);
    void client.query('BEGIN');
    expect(hook.isPinned).toBe(false);
    client.connection.emit('readyForQuery', { status: 'T' });
    expect(hook.isPinned).toBe(true);
    hook.uninstall();
    expect(client.connection.listenerCount('readyForQuery')).toBe(0);
    expect(Object.hasOwn(client, 'query')).toBe(false);
  });
});
