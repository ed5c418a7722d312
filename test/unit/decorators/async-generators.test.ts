import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { from, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  secondsByOutcome,
} from '../../support/method-records.js';
import { createWork, valuesOf } from '../../support/recorded-work.js';

afterEach(forgetRecords);

async function* twoTexts(): AsyncGenerator<string, string> {
  yield 'some ';
  yield 'more';
  return 'returned';
}

describe('an async generator', () => {
  it('is returned itself, and no call until it is iterated', async () => {
    const generator = twoTexts();
    const result = createWork(() => generator).work();
    expect(result).toBe(generator);
    expect(Object.keys(result)).toEqual([]);
    expect(Object.prototype.toString.call(result)).toBe('[object AsyncGenerator]');
    expect(await callsByOutcome()).toEqual({});
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('succeeds when it is exhausted, once', async () => {
    const result = createWork(twoTexts).work();
    expect(await valuesOf(result)).toEqual(['some ', 'more']);
    expect(await result.next()).toEqual({ done: true, value: undefined });
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is in flight from its first step to its last', async () => {
    const result = createWork(twoTexts).work();
    await result.next();
    expect(await callsInFlight()).toEqual({ work: 1 });
    await result.next();
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await result.next()).toEqual({ done: true, value: 'returned' });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is cancelled by break, return and throw in the loop', async () => {
    const error = new Error('in the loop');
    const work = createWork(twoTexts);
    const leave = async (): Promise<string> => {
      for await (const value of work.work()) {
        return value;
      }
      return 'not left';
    };
    const fail = async (): Promise<void> => {
      for await (const _ of work.work()) {
        throw error;
      }
    };
    for await (const _ of work.work()) {
      break;
    }
    expect(await leave()).toBe('some ');
    await expect(fail()).rejects.toBe(error);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 3 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it.each([undefined, null, 'text', new TypeError('on purpose')])(
    'fails with the very error: case %#',
    async (error) => {
      const result = createWork(async function* () {
        yield 1;
        throw error;
      }).work();
      let caught: unknown = 'nothing';
      try {
        await valuesOf(result);
      } catch (reason) {
        caught = reason;
      }
      expect(caught).toBe(error);
      expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    },
  );

  it('gets what next(), return() and throw() are given', async () => {
    const seen: unknown[] = [];
    const generate = async function* (): AsyncGenerator<number, string, string> {
      try {
        seen.push(yield 1);
        yield 2;
      } catch (error) {
        seen.push(error);
        yield 3;
      } finally {
        seen.push('finally');
      }
      return 'end';
    };
    const result = createWork(generate).work();
    await result.next('ignored');
    await result.next('given');
    expect(await result.throw('thrown in')).toEqual({ done: false, value: 3 });
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await result.return('left')).toEqual({ done: true, value: 'left' });
    expect(seen).toEqual(['given', 'thrown in', 'finally']);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
  });

  it('that does not catch what is thrown in has failed', async () => {
    const result = createWork(twoTexts).work();
    await result.next();
    await expect(result.throw('thrown in')).rejects.toBe('thrown in');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('answers steps that are asked for at once in their order', async () => {
    const result = createWork(twoTexts).work();
    const steps = await Promise.all([result.next(), result.next(), result.next(), result.next()]);
    expect(steps.map(({ value }) => value)).toEqual(['some ', 'more', 'returned', undefined]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('can be delegated to, streamed and observed', async () => {
    const work = createWork(twoTexts);
    const delegating = async function* (): AsyncGenerator<string, string> {
      return yield* work.work();
    };
    const delegated = delegating();
    await delegated.next();
    await delegated.next();
    expect(await delegated.next()).toEqual({ done: true, value: 'returned' });
    expect(await text(Readable.from(work.work()))).toBe('some more');
    expect(await lastValueFrom(from(work.work()).pipe(toArray()))).toEqual(['some ', 'more']);
    expect(await callsByOutcome()).toEqual({ 'work success': 3 });
  });

  it('that is returned again is one call', async () => {
    const generator = twoTexts();
    const work = createWork(() => generator);
    await work.work().next();
    await work.work().next();
    await work.work().next();
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });
});

describe('the duration of an async generator', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('lasts from its first step to its last', async () => {
    const result = createWork(twoTexts).work();
    vi.advanceTimersByTime(5_000);
    await result.next();
    vi.advanceTimersByTime(1_000);
    await result.next();
    vi.advanceTimersByTime(1_000);
    await result.next();
    expect(await secondsByOutcome()).toEqual({ 'work success': 2 });
  });
});
