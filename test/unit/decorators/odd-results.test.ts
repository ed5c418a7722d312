/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BehaviorSubject, firstValueFrom, Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import {
  callsByOutcome,
  forgetRecords,
  samplesByLabels,
  warningsDuring,
} from '../../support/method-records.js';

afterEach(forgetRecords);

describe('subjects', () => {
  it('of a class with private fields keep its methods', async () => {
    class Store extends BehaviorSubject<number> {
      #changes = 0;
      get changes(): number {
        return this.#changes;
      }
      change(value: number): void {
        this.#changes += 1;
        this.next(value);
      }
    }
    const store = new Store(0);
    class Work {
      @Counted()
      work(): Store {
        return store;
      }
    }
    const result = new Work().work();
    expect(() => result.change(5)).not.toThrow();
    expect(result.changes).toBe(1);
    expect(await firstValueFrom(result as Observable<number>)).toBe(5);
  });
});

describe('async iterables', () => {
  it('that are their own iterators can be left and taken up again for ever', async () => {
    class Queue {
      private given = 0;
      [Symbol.asyncIterator](): this {
        return this;
      }
      async next(): Promise<IteratorResult<number>> {
        return { done: false, value: ++this.given };
      }
    }
    const queue = new Queue();
    class Work {
      @Counted()
      work(): Queue {
        return queue;
      }
    }
    const work = new Work();
    let last = 0;
    for (let round = 0; round < 12_000; round += 1) {
      for await (const given of work.work()) {
        last = given;
        break;
      }
    }
    expect(last).toBe(12_000);
  });

  it('are labelled by the call that returned them', async () => {
    const shared = {
      async *[Symbol.asyncIterator]() {
        yield 1;
      },
    };
    class Work {
      @Counted({ name: 'pages_total', labels: { page: ({ args }) => args[0] as string } })
      work(_page: string): AsyncIterable<number> {
        return shared;
      }
    }
    const work = new Work();
    for (const page of ['first', 'second']) {
      for await (const _ of work.work(page)) {
        // To its end.
      }
    }
    expect(await samplesByLabels('pages_total')).toEqual({ 'success/first': 1, 'success/second': 1 });
  });
});

describe('streams', () => {
  it('that are returned again were not cancelled', async () => {
    const stream = new PassThrough();
    class Work {
      @Counted()
      work(): PassThrough {
        return stream;
      }
    }
    const work = new Work();
    work.work();
    work.work();
    stream.end('some');
    await text(stream);
    expect(await callsByOutcome()).toEqual({ 'work success': 2 });
  });

  it('are not suspected of leaking listeners, however many levels are decorated', async () => {
    @Timed()
    @Counted()
    @InFlight()
    class Levels {
      one(): Readable {
        return this.two();
      }
      two(): Readable {
        return this.three();
      }
      three(): Readable {
        return this.four();
      }
      four(): Readable {
        return Readable.from(['some']);
      }
    }
    const warnings = await warningsDuring(() => text(new Levels().one()));
    expect(warnings).toEqual([]);
  });
});

describe('results that are none of these', () => {
  it('are asked for nothing: `getStream()` of an object is its own affair', () => {
    const asked: string[] = [];
    const camera = { getStream: () => void asked.push('opened') };
    class Work {
      @Counted()
      work(): typeof camera {
        return camera;
      }
    }
    expect(new Work().work()).toBe(camera);
    expect(asked).toEqual([]);
  });

  it('that have any method one asks for, as remote clients do, keep theirs', () => {
    const asked: string[] = [];
    const client = new Proxy<Record<string, (...args: unknown[]) => string>>(
      {},
      {
        get: (_, name) =>
          name === 'then' || typeof name === 'symbol'
            ? undefined
            : (...args: unknown[]) => {
                asked.push(`${name}(${args.join()})`);
                return 'sent';
              },
      },
    );
    class Work {
      @Counted()
      work(): typeof client {
        return client;
      }
    }
    const result = new Work().work();
    expect(asked).toEqual([]);
    expect(result['subscribe']?.('topic')).toBe('sent');
    expect(asked).toEqual(['subscribe(topic)']);
  });

  it('that lift and can be subscribed to without being Observables are returned themselves', () => {
    const lift = { lift: () => 'up', subscribe: () => 'alarm' };
    class Work {
      @Counted()
      work(): typeof lift {
        return lift;
      }
    }
    expect(new Work().work().subscribe()).toBe('alarm');
  });

  it('that are Observables keep what was put on them', () => {
    class Work {
      @Counted()
      work(): Observable<never> & { cancel(): string } {
        return Object.assign(new Observable<never>(), { cancel: () => 'cancelled' });
      }
    }
    expect(new Work().work().cancel?.()).toBe('cancelled');
  });

  it('that are functions and thenables are recorded when they have ended', async () => {
    const callable = Object.assign(() => {}, {
      then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('refused')),
    });
    class Work {
      @Counted()
      work(): unknown {
        return callable;
      }
    }
    await expect(Promise.resolve(new Work().work())).rejects.toThrow('refused');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });
});
