/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { register } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight } from '../../../src/index.js';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  samplesByLabels,
} from '../../support/method-records.js';

afterEach(forgetRecords);

describe('calls in flight', () => {
  it('fall back to 0 after a reset that came between two calls', async () => {
    class Work {
      @InFlight()
      work(): void {}
    }
    const work = new Work();
    work.work();
    register.resetMetrics();
    work.work();
    work.work();
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('are never below 0 when a frozen thenable is returned', async () => {
    const thenable = Object.freeze({ then: (resolve: (value: number) => void) => resolve(1) });
    class Work {
      @InFlight()
      work(): unknown {
        return thenable;
      }
    }
    await new Work().work();
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('are never below 0 when a frozen async iterable is returned', async () => {
    class Work {
      @InFlight()
      work(): AsyncIterable<number> {
        return Object.freeze({
          async *[Symbol.asyncIterator]() {
            yield 1;
          },
        });
      }
    }
    new Work().work();
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('fall back to 0 when an iterator answers with thenables', async () => {
    class Work {
      @InFlight()
      work(): AsyncIterable<number> {
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => runInNewContext('Promise.resolve({ done: true })') as Promise<IteratorResult<number>>,
          }),
        };
      }
    }
    for await (const _ of new Work().work()) {
      // Nothing comes.
    }
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('fall back to 0 when the `then()` of a thenable throws', async () => {
    class Work {
      @InFlight()
      @Counted()
      work(): { then(resolve: () => void): void } {
        return {
          then: () => {
            throw new Error('not connected');
          },
        };
      }
    }
    await expect(Promise.resolve(new Work().work())).rejects.toThrow('not connected');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('fall back to 0 after a series was removed', async () => {
    class Work {
      @InFlight()
      work(): void {}
    }
    new Work().work();
    const entry = register.getSingleMetric('hyperdjango_method_in_flight') as unknown as {
      source: { remove(labels: object): void };
    };
    entry.source.remove({ class: 'Work', method: 'work' });
    new Work().work();
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('fall back to 0 when a stream fails and only the process hears of it', async () => {
    class Work {
      @InFlight()
      @Counted()
      work(): Readable {
        return new Readable({ read: () => {} });
      }
    }
    await hostErrorsDuring(() => new Work().work().destroy(new Error('read failed')));
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });
});

describe('label functions', () => {
  it('cannot change the arguments of the call', () => {
    class Work {
      @InFlight({ name: 'meddling', labels: { first: ({ args }) => (args as string[]).shift() ?? '' } })
      work(first: string): string {
        return first;
      }
    }
    expect(new Work().work('given')).toBe('given');
  });

  it('that answer with a foreign promise leave no unhandled rejection', async () => {
    const answer = (): never => runInNewContext('Promise.reject(new Error("lost"))') as never;
    class Work {
      @Counted({ name: 'foreign_total', labels: { bad: answer } })
      work(): void {}
    }
    expect(await hostErrorsDuring(() => new Work().work())).toEqual(NO_HOST_ERRORS);
    expect(await samplesByLabels('foreign_total')).toEqual({ 'success/unknown': 1 });
  });
});

describe('a class', () => {
  it('has methods whose name begins with “class” recorded', async () => {
    @Counted()
    class Work {
      classify(): void {}
    }
    new Work().classify();
    expect(await callsByOutcome()).toEqual({ 'classify success': 1 });
  });

  it('has methods named by symbols recorded', async () => {
    const work = Symbol('work');
    @Counted()
    class Work {
      [work](): void {}
    }
    new Work()[work]();
    expect(await callsByOutcome()).toEqual({ 'Symbol(work) success': 1 });
  });

  it('whose name cannot be read has its methods called all the same', () => {
    class Work {
      static get name(): string {
        throw new Error('no name');
      }
      @Counted()
      work(): string {
        return 'result';
      }
    }
    expect(new Work().work()).toBe('result');
  });

  it('is not decorated by what stands on a parameter of its constructor', () => {
    class Work {}
    const onParameter = Counted() as unknown as (target: object, key: undefined, index: number) => void;
    expect(() => onParameter(Work, undefined, 0)).toThrow('Use it on methods and classes');
  });

  it('has methods that are what they were: asynchronous', () => {
    class Work {
      @Counted()
      async work(): Promise<void> {}
    }
    const { work } = Work.prototype;
    expect(Object.prototype.toString.call(work)).toBe('[object AsyncFunction]');
  });

  it('with frozen methods is refused in words that say so, or left as it is', () => {
    class Work {
      work(): string {
        return 'result';
      }
    }
    Object.freeze(Work.prototype);
    let message = '';
    try {
      Counted()(Work);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).not.toMatch('Cannot redefine property');
    expect(new Work().work()).toBe('result');
  });
});

describe('options', () => {
  it('`recordFailuresOnly` is a boolean', () => {
    expect(() => Counted({ recordFailuresOnly: 'false' as never })).toThrow('recordFailuresOnly');
  });

  it('take no Map for labels', () => {
    expect(() => Counted({ name: 'a_total', labels: new Map([['a', 'b']]) as never })).toThrow('labels');
  });
});
