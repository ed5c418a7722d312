/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  secondsByOutcome,
} from '../../support/method-records.js';

/** As query builders are: `then()` starts the work, each time. */
class Query implements PromiseLike<string> {
  readonly started: string[] = [];
  readonly conditions: string[] = [];
  constructor(private readonly run: () => Promise<string> = async () => 'rows') {}

  where(condition: string): this {
    this.conditions.push(condition);
    return this;
  }

  then<A = string, B = never>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.started.push(this.conditions.join(' and '));
    return this.run().then(onFulfilled, onRejected);
  }

  catch<B>(onRejected: (reason: unknown) => B): Promise<string | B> {
    return this.then(undefined, onRejected);
  }
}

function createRepository(query: Query): { find(): Query } {
  class Repository {
    @Timed()
    @Counted()
    @InFlight()
    find(): Query {
      return query.where('visible');
    }
  }
  return new Repository();
}

afterEach(forgetRecords);

describe('a lazy thenable', () => {
  it('is returned itself, and not started', async () => {
    const query = new Query();
    const keys = Object.keys(query);
    const result = createRepository(query).find();
    expect(result).toBe(query);
    expect(Object.keys(query)).toEqual(keys);
    expect(query.started).toEqual([]);
    expect(await callsByOutcome()).toEqual({});
    expect(await callsInFlight()).toEqual({ find: 0 });
  });

  it('can be built further, and is counted when it is awaited', async () => {
    const query = new Query();
    expect(await createRepository(query).find().where('new').where('cheap')).toBe('rows');
    expect(query.started).toEqual(['visible and new and cheap']);
    expect(await callsByOutcome()).toEqual({ 'find success': 1 });
    expect(await callsInFlight()).toEqual({ find: 0 });
  });

  it('is in flight from `then()` to its end', async () => {
    let settle: (rows: string) => void = () => {};
    const query = new Query(
      () =>
        new Promise((resolve) => {
          settle = resolve;
        }),
    );
    const result = createRepository(query).find();
    expect(await callsInFlight()).toEqual({ find: 0 });
    const rows = result.then((value) => value.toUpperCase());
    expect(await callsInFlight()).toEqual({ find: 1 });
    settle('rows');
    expect(await rows).toBe('ROWS');
    expect(await callsInFlight()).toEqual({ find: 0 });
  });

  it('is left as it was after its first use, which alone is counted', async () => {
    const query = new Query();
    const { then } = query;
    const result = createRepository(query).find();
    await result;
    expect(Object.hasOwn(result, 'then')).toBe(false);
    expect(result.then).toBe(then);
    await result;
    expect(query.started).toHaveLength(2);
    expect(await callsByOutcome()).toEqual({ 'find success': 1 });
  });

  it('is counted again when it is returned again', async () => {
    const query = new Query();
    const repository = createRepository(query);
    await repository.find();
    await repository.find();
    expect(await callsByOutcome()).toEqual({ 'find success': 2 });
  });

  it('fails with the very reason, by whichever handler', async () => {
    const reason = new Error('refused');
    const create = (): Query => createRepository(new Query(() => Promise.reject(reason))).find();
    await expect(create()).rejects.toBe(reason);
    expect(await create().catch((error: unknown) => error)).toBe(reason);
    expect(
      await create().then(
        () => 'rows',
        (error) => error,
      ),
    ).toBe(reason);
    await expect(create().then((rows) => rows)).rejects.toBe(reason);
    expect(await callsByOutcome()).toEqual({ 'find error': 4 });
    expect(await callsInFlight()).toEqual({ find: 0 });
  });

  it('of several decorated levels is counted for each', async () => {
    const query = new Query();
    class Service {
      private readonly repository = createRepository(query);
      @Counted()
      list(): Query {
        return this.repository.find();
      }
    }
    await new Service().list();
    expect(query.started).toHaveLength(1);
    expect(Object.hasOwn(query, 'then')).toBe(false);
    expect(await callsByOutcome()).toEqual({ 'find success': 1, 'list success': 1 });
  });

  it('keeps a `then` of its own object, and its attributes', async () => {
    const own = (resolve: (value: string) => void): void => resolve('own');
    const thenable = Object.defineProperty({}, 'then', { value: own, configurable: true, enumerable: true });
    class Work {
      @Counted()
      work(): PromiseLike<string> {
        return thenable as PromiseLike<string>;
      }
    }
    expect(await new Work().work()).toBe('own');
    expect(Object.getOwnPropertyDescriptor(thenable, 'then')).toEqual({
      value: own,
      configurable: true,
      enumerable: true,
      writable: false,
    });
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('that settles twice is counted once, and both reach the caller', async () => {
    const values: number[] = [];
    class Work {
      @Counted()
      work(): { then(resolve: (value: number) => void): void } {
        return {
          then: (resolve) => {
            resolve(1);
            resolve(2);
          },
        };
      }
    }
    // oxlint-disable-next-line typescript/no-floating-promises
    new Work().work().then((value) => values.push(value));
    expect(values).toEqual([1, 2]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('whose `then()` throws passes the very error', () => {
    const error = new Error('not connected');
    class Work {
      @Counted()
      work(): { then(resolve: () => void): void } {
        return {
          then: () => {
            throw error;
          },
        };
      }
    }
    // oxlint-disable-next-line typescript/no-floating-promises
    expect(() => new Work().work().then(() => undefined)).toThrow(error);
  });
});

describe('an object with a `then` that is no promise', () => {
  it('keeps its own arguments', async () => {
    const steps: unknown[] = [];
    const flow = {
      then(this: object, step: unknown): object {
        steps.push(step);
        return this;
      },
    };
    class Work {
      @Counted()
      work(): typeof flow {
        return flow;
      }
    }
    const result = new Work().work();
    // oxlint-disable-next-line typescript/no-floating-promises
    expect(result.then({ named: 'step' })).toBe(flow);
    expect(steps).toEqual([{ named: 'step' }]);
  });
});

describe('the duration of a lazy thenable', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins with `then()`', async () => {
    const query = new Query(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve('rows'), 1_000);
        }),
    );
    const result = createRepository(query).find();
    await vi.advanceTimersByTimeAsync(5_000);
    const rows = result.then((value) => value);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await rows).toBe('rows');
    expect(await secondsByOutcome()).toEqual({ 'find success': 1 });
  });
});
