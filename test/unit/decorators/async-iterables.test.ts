import { afterEach, describe, expect, it } from 'vitest';
import { callsByOutcome, callsInFlight, forgetRecords } from '../../support/method-records.js';
import { createWork, valuesOf } from '../../support/recorded-work.js';

afterEach(forgetRecords);

async function* twoTexts(): AsyncGenerator<string, string, string> {
  yield 'some ';
  yield 'more';
  return 'returned';
}

describe('another async iterable', () => {
  class Rows implements AsyncIterable<number> {
    #rows = [1, 2, 3];
    readonly closed: string[] = [];
    async *[Symbol.asyncIterator](): AsyncGenerator<number> {
      try {
        yield* this.#rows;
      } finally {
        this.closed.push('closed');
      }
    }
    count(): number {
      return this.#rows.length;
    }
  }

  it('is returned itself, works as before, and is a call for each iteration', async () => {
    const rows = new Rows();
    const work = createWork(() => rows);
    const result = work.work();
    expect(result).toBe(rows);
    expect(result.count()).toBe(3);
    expect(await callsByOutcome()).toEqual({});
    expect(await valuesOf(result)).toEqual([1, 2, 3]);
    expect(await valuesOf(work.work())).toEqual([1, 2, 3]);
    for await (const _ of result) {
      break;
    }
    expect(rows.closed).toHaveLength(3);
    expect(await callsByOutcome()).toEqual({ 'work success': 2, 'work cancelled': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('whose iterators cannot be left early ends when it is', async () => {
    const endless = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false as const, value: 1 }) }),
    };
    for await (const _ of createWork(() => endless).work()) {
      break;
    }
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('whose iterators go on when they are left has ended all the same', async () => {
    const stubborn = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: 1 }),
        return: async () => ({ done: false as const, value: 2 }),
      }),
    };
    for await (const _ of createWork(() => stubborn as AsyncIterable<number>).work()) {
      break;
    }
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('with a next() of documents, as a cursor has, keeps it', async () => {
    class Cursor {
      private readonly documents = [{ id: 1 }, { id: 2 }];
      async next(): Promise<{ id: number } | null> {
        return this.documents.shift() ?? null;
      }
      async *[Symbol.asyncIterator](): AsyncGenerator<{ id: number }> {
        for (let next = await this.next(); next !== null; next = await this.next()) {
          yield next;
        }
      }
      toArray(): Promise<{ id: number }[]> {
        return valuesOf(this);
      }
    }
    const work = createWork(() => new Cursor());
    expect(await work.work().next()).toEqual({ id: 1 });
    expect(await callsByOutcome()).toEqual({});
    expect(await work.work().toArray()).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('whose iterator cannot be had passes the very error', async () => {
    const error = new Error('closed');
    const broken: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        throw error;
      },
    };
    await expect(valuesOf(createWork(() => broken).work())).rejects.toBe(error);
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('that gives frozen iterators works as before', async () => {
    const frozen = { [Symbol.asyncIterator]: () => Object.freeze(twoTexts()) };
    expect(await valuesOf(createWork(() => frozen).work())).toEqual(['some ', 'more']);
    expect(await callsInFlight()).toEqual({ work: 0 });
  });
});
