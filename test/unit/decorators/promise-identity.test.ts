/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { setTimeout as delay } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  secondsByOutcome,
} from '../../support/method-records.js';

afterEach(forgetRecords);

describe('promises', () => {
  it('that are returned again are handled when one caller has handled them', async () => {
    class Connection {
      private pending: Promise<never> | undefined;
      @Counted()
      connect(): Promise<never> {
        this.pending ??= Promise.reject(new Error('refused'));
        return this.pending;
      }
    }
    const connection = new Connection();
    const errors = await hostErrorsDuring(async () => {
      void connection.connect();
      await connection.connect().catch(() => {});
    });
    expect(errors).toEqual(NO_HOST_ERRORS);
  });

  it('that are returned again are the same object again', () => {
    const cached = Promise.resolve(1);
    class Work {
      @Counted()
      work(): Promise<number> {
        return cached;
      }
    }
    const work = new Work();
    expect(work.work()).toBe(work.work());
  });

  it('of a subclass that derives plain promises keep their own methods', async () => {
    class Query extends Promise<number> {
      static override get [Symbol.species](): PromiseConstructor {
        return Promise;
      }
      cancel(): string {
        return 'cancelled';
      }
    }
    class Work {
      @Counted()
      work(): Query {
        return new Query((resolve) => resolve(1));
      }
    }
    expect(new Work().work().cancel()).toBe('cancelled');
  });

  it('of a subclass keep their private state', () => {
    class Query extends Promise<number> {
      #cancelled: string[] = [];
      static of(cancelled: string[]): Query {
        const query = new Query((resolve) => resolve(1));
        query.#cancelled = cancelled;
        return query;
      }
      cancel(): void {
        this.#cancelled.push('cancelled');
      }
    }
    const cancelled: string[] = [];
    class Work {
      @Counted()
      work(): Query {
        return Query.of(cancelled);
      }
    }
    new Work().work().cancel();
    expect(cancelled).toEqual(['cancelled']);
  });

  it('keep own properties that are not enumerable, or have symbols', () => {
    const abort = Symbol('abort');
    class Work {
      @Counted()
      work(): Promise<void> & { cancel(): string; [abort](): string } {
        const promise = Promise.resolve();
        const extended = Object.assign(promise, { [abort]: () => 'aborted', cancel: () => 'cancelled' });
        return Object.defineProperty(extended, 'cancel', { enumerable: false });
      }
    }
    const result = new Work().work();
    expect(result[abort]?.()).toBe('aborted');
    expect(result.cancel?.()).toBe('cancelled');
  });

  it('keep own properties that change later', async () => {
    class Work {
      @Counted()
      work(): Promise<void> & { pending: boolean } {
        const promise = Object.assign(Promise.resolve(), { pending: true });
        const settled = (): void => void (promise.pending = false);
        promise.then(settled, settled);
        return promise;
      }
    }
    const result = new Work().work();
    await result;
    expect(result.pending).toBe(false);
  });

  it('of another realm are in flight before somebody waits for them', async () => {
    class Work {
      @InFlight()
      work(): Promise<void> {
        return runInNewContext('new Promise(() => {})') as Promise<void>;
      }
    }
    void new Work().work();
    expect(await callsInFlight()).toEqual({ work: 1 });
  });

  it('with a `then` of their own are counted when they are awaited', async () => {
    class Work {
      @Counted()
      work(): Promise<number> {
        const promise = Promise.resolve(1);
        const then = promise.then.bind(promise);
        return Object.assign(promise, { then });
      }
    }
    expect(await new Work().work()).toBe(1);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('lazy thenables', () => {
  class Query {
    started = 0;
    run(): Promise<string> {
      this.started += 1;
      return Promise.resolve('rows');
    }
    then<A = string, B = never>(
      resolve?: (rows: string) => A | PromiseLike<A>,
      reject?: (error: unknown) => B | PromiseLike<B>,
    ): Promise<A | B> {
      return this.run().then(resolve, reject);
    }
    catch(reject: (error: unknown) => string): Promise<string> {
      return this.run().catch(reject);
    }
    finally(done: () => void): Promise<string> {
      // oxlint-disable-next-line promise/valid-params -- as query builders start themselves
      return this.then().finally(done);
    }
  }

  it('are counted when they are started by `then()` without handlers', async () => {
    class Work {
      @Counted()
      work(): Query {
        return new Query();
      }
    }
    await new Work().work().finally(() => {});
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('are counted when they are started by a `catch()` of their own', async () => {
    class Work {
      @Counted()
      work(): Query {
        return new Query();
      }
    }
    await new Work().work().catch(() => 'none');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('keep a `then` that the host has put on them', async () => {
    class Work {
      @Counted()
      work(): Query {
        return new Query();
      }
    }
    const query = new Work().work();
    const { then } = query;
    const seen: string[] = [];
    query.then = function <T>(this: Query, ...handlers: Parameters<Query['then']>) {
      seen.push('then');
      return then.apply(this, handlers) as Promise<T>;
    };
    await query;
    await query;
    expect(seen).toEqual(['then', 'then']);
  });

  it('that are frozen are counted each time', async () => {
    const frozen = Object.freeze({ then: (resolve: (value: number) => void) => resolve(1) });
    class Work {
      @Counted()
      work(): unknown {
        return frozen;
      }
    }
    const work = new Work();
    await work.work();
    await work.work();
    expect(await callsByOutcome()).toEqual({ 'work success': 2 });
  });
});

describe('the duration', () => {
  it('of a promise of another realm counts from the call', async () => {
    class Work {
      @Timed()
      work(): Promise<void> {
        return runInNewContext('new Promise((resolve) => { setTimeout(resolve, 40); })', {
          setTimeout,
        }) as Promise<void>;
      }
    }
    const promise = new Work().work();
    await delay(60);
    await promise;
    expect((await secondsByOutcome())['work success']).toBeGreaterThan(0.03);
  });
});
