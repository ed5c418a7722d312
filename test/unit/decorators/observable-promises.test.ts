/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { setImmediate as turn } from 'node:timers/promises';
import {
  BehaviorSubject,
  concat,
  firstValueFrom,
  lastValueFrom,
  mergeMap,
  NEVER,
  Observable,
  of,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  callsByOutcome,
  callsInFlight,
  faultsByCollector,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  secondsByOutcome,
} from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

interface Deferred {
  readonly promise: Promise<string>;
  readonly resolve: (value: string) => void;
  readonly reject: (error: unknown) => void;
}

function defer(): Deferred {
  let resolve: Deferred['resolve'] = () => {};
  let reject: Deferred['reject'] = () => {};
  const promise = new Promise<string>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

class Subclass<T> extends Promise<T> {}

/** Is no promise, and starts its work in `then()`, as query builders do. */
class Query implements PromiseLike<string> {
  started = 0;
  constructor(private readonly result: Promise<string>) {}

  then<A, B>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.started += 1;
    return this.result.then(onFulfilled, onRejected);
  }
}

const KINDS: Readonly<Record<string, (promise: Promise<string>) => PromiseLike<string>>> = {
  'a promise': (promise) => promise,
  'a promise of a subclass': (promise) => new Subclass((resolve) => resolve(promise)),
  'a promise with properties': (promise) =>
    Object.assign(
      promise.finally(() => {}),
      { cancel: () => {} },
    ),
  'a promise of a promise': (promise) => Promise.resolve().then(() => promise),
  'a query builder': (promise) => new Query(promise),
  'a function with then()': (promise) => Object.assign(() => {}, { then: promise.then.bind(promise) }),
};

describe.each(Object.entries(KINDS))('an Observable whose last value is %s', (_, make) => {
  it('is in flight until that is fulfilled', async () => {
    const { promise, resolve } = defer();
    const value = make(promise);
    const result = lastValueFrom(createWork(() => of(value)).work());
    await turn();
    await turn();
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await callsByOutcome()).toEqual({});
    resolve('done');
    expect(await result).toBe('done');
    expect(await callsInFlight()).toEqual({ work: 0 });
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(Object.hasOwn(value, 'then')).toBe(typeof value === 'function');
  });

  it('has failed when that is rejected, with the very reason', async () => {
    const { promise, reject } = defer();
    const value = make(promise);
    const result = lastValueFrom(createWork(() => of(value)).work());
    const reason = new Error('on purpose');
    reject(reason);
    await expect(result).rejects.toBe(reason);
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('passes on the very object', async () => {
    const value = make(Promise.resolve('done'));
    const seen: unknown[] = [];
    createWork(() => of(value))
      .work()
      .subscribe((emitted) => seen.push(emitted));
    expect(seen[0]).toBe(value);
    await turn();
  });

  it('is cancelled when it is left before that settles', async () => {
    const value = make(defer().promise);
    const subscription = createWork(() => concat(of(value), NEVER))
      .work()
      .subscribe();
    expect(await callsInFlight()).toEqual({ work: 1 });
    subscription.unsubscribe();
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
    expect(Object.hasOwn(value, 'then')).toBe(typeof value === 'function');
  });

  it('has ended at its completion when nothing awaits that', async () => {
    createWork(() => of(make(defer().promise)))
      .work()
      .subscribe();
    await turn();
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('ends with the settlement when an operator flattens it', async () => {
    const { promise, reject } = defer();
    const value = make(promise);
    const result = lastValueFrom(
      createWork(() => of(value))
        .work()
        .pipe(mergeMap(async (inner) => Promise.resolve(inner))),
    );
    reject(new Error('on purpose'));
    await expect(result).rejects.toThrow('on purpose');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });
});

describe('an Observable of promises', () => {
  it('never ends with a promise that never settles', async () => {
    void lastValueFrom(createWork(() => of(new Promise(() => {}))).work());
    await turn();
    await turn();
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await callsByOutcome()).toEqual({});
  });

  it('does not wait for an earlier one, and leaves it as it was', async () => {
    const earlier = defer();
    const result = createWork(() => of(earlier.promise, 'last')).work();
    expect(await lastValueFrom(result)).toBe('last');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(Object.getOwnPropertyNames(earlier.promise)).toEqual([]);
  });

  it('ends with the last of several', async () => {
    const [first, last] = [defer(), defer()];
    const result = lastValueFrom(createWork(() => of(first.promise, last.promise)).work());
    first.resolve('first');
    await turn();
    expect(await callsInFlight()).toEqual({ work: 1 });
    last.reject(new Error('on purpose'));
    await expect(result).rejects.toThrow('on purpose');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });

  it('has failed when it fails itself after one', async () => {
    const source = new Observable((subscriber) => {
      subscriber.next(new Promise(() => {}));
      subscriber.error(new Error('on purpose'));
    });
    await expect(lastValueFrom(createWork(() => source).work())).rejects.toThrow('on purpose');
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });

  it('is cancelled for a subscriber that leaves with the first one', async () => {
    expect(await firstValueFrom(createWork(() => concat(of(Promise.resolve(1)), NEVER)).work())).toBe(1);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
  });

  it('may emit the same one again and again', async () => {
    const { promise, resolve } = defer();
    const source = new BehaviorSubject(promise);
    const result = createWork(() => source).work();
    const subscribers = [lastValueFrom(result), lastValueFrom(result)];
    for (let time = 0; time < 1_000; time += 1) {
      source.next(promise);
    }
    source.complete();
    resolve('done');
    expect(await Promise.all(subscribers)).toEqual(['done', 'done']);
    expect(await callsByOutcome()).toEqual({ 'work success': 2 });
    expect(Object.getOwnPropertyNames(promise)).toEqual([]);
  });

  it('starts the work of a query builder as often as its consumer', async () => {
    const query = new Query(Promise.resolve('rows'));
    expect(await lastValueFrom(createWork(() => of(query)).work())).toBe('rows');
    expect(query.started).toBe(1);
  });

  it('has failed where reading `then` fails, for that rejects whatever awaits it', async () => {
    const error = new Error('no then');
    const value = {
      get then() {
        throw error;
      },
    };
    await expect(lastValueFrom(createWork(() => of(value)).work())).rejects.toBe(error);
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
    expect(await faultsByCollector()).toEqual({});
  });

  it.each([
    ['a frozen promise', () => Object.freeze(Promise.resolve('done'))],
    ['a frozen thenable', () => Object.freeze({ then: (done: (value: string) => void) => done('done') })],
  ])('passes on %s, and has ended with its completion', async (_, make) => {
    expect(await lastValueFrom(createWork(() => of(make())).work())).toBe('done');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('is not waited for by its `then` that takes other arguments', async () => {
    const value = { then: (answer: number) => answer * 2 };
    const seen: number[] = [];
    createWork(() => of(value))
      .work()
      .subscribe((emitted) => seen.push(emitted.then(21)));
    await turn();
    expect(seen).toEqual([42]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('a rejected promise that an Observable emits', () => {
  const rejected = () => Promise.reject<string>(new Error('on purpose'));

  it('is reported once when nothing handles it', async () => {
    const plain = await hostErrorsDuring(() => of(rejected()).subscribe());
    const observed = await hostErrorsDuring(() =>
      createWork(() => of(rejected()))
        .work()
        .subscribe(),
    );
    expect(plain.unhandledRejections).toHaveLength(1);
    expect(observed).toEqual(plain);
  });

  it('is reported once when its consumer forgets the promise that it derives', async () => {
    const { unhandledRejections } = await hostErrorsDuring(() =>
      createWork(() => of(rejected()))
        .work()
        .subscribe((promise) => void promise.finally(() => {})),
    );
    expect(unhandledRejections).toHaveLength(1);
  });

  it('is not reported where the application handles it elsewhere', async () => {
    const errors = await hostErrorsDuring(() => {
      const promise = rejected();
      promise.catch(() => {});
      createWork(() => of(promise))
        .work()
        .subscribe();
    });
    expect(errors).toEqual(NO_HOST_ERRORS);
  });

  it('is not reported where its consumer handles it', async () => {
    const errors = await hostErrorsDuring(() =>
      lastValueFrom(createWork(() => of(rejected())).work()).catch(() => {}),
    );
    expect(errors).toEqual(NO_HOST_ERRORS);
  });
});

describe('the duration of an Observable of a promise', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(['success', 'error'] as const)('lasts to its settlement: %s', async (outcome) => {
    const result = lastValueFrom(
      createWork(() =>
        of(
          new Promise<void>((resolve, reject) => {
            setTimeout(outcome === 'success' ? resolve : reject, 1_500);
          }),
        ),
      ).work(),
    );
    const settled = result.catch(() => {});
    await vi.advanceTimersByTimeAsync(1_500);
    await settled;
    expect(await secondsByOutcome()).toEqual({ [`work ${outcome}`]: 1.5 });
  });
});
