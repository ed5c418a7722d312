import {
  concat,
  EMPTY,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  shareReplay,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  hostErrorsDuring,
  secondsByOutcome,
} from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

describe('an Observable', () => {
  it('that is never subscribed to is not started, and no call', async () => {
    let subscriptions = 0;
    const result = createWork(() => new Observable(() => void (subscriptions += 1))).work();
    expect(result).toBeInstanceOf(Observable);
    expect(subscriptions).toBe(0);
    expect(await callsByOutcome()).toEqual({});
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is a call for each subscription, whatever its end', async () => {
    const result = createWork(() => concat(of(1, 2), EMPTY)).work();
    expect(await lastValueFrom(result)).toBe(2);
    expect(await lastValueFrom(result.pipe(toArray()))).toEqual([1, 2]);
    expect(await firstValueFrom(result)).toBe(1);
    expect(await callsByOutcome()).toEqual({ 'work success': 2, 'work cancelled': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is in flight until it is left', async () => {
    const result = createWork(() => NEVER).work();
    const [first, second] = [result.subscribe(), result.subscribe()];
    expect(await callsInFlight()).toEqual({ work: 2 });
    first.unsubscribe();
    first.unsubscribe();
    expect(await callsInFlight()).toEqual({ work: 1 });
    second.unsubscribe();
    expect(await callsInFlight()).toEqual({ work: 0 });
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 2 });
  });

  it.each([undefined, null, 'text', new TypeError('on purpose')])(
    'fails with the very error: case %#',
    async (error) => {
      const caught: unknown[] = [];
      createWork(() => throwError(() => error))
        .work()
        .subscribe({ error: (reason: unknown) => caught.push(reason) });
      expect(caught).toEqual([error]);
      expect(caught[0]).toBe(error);
      expect(await callsByOutcome()).toEqual({ 'work error': 1 });
    },
  );

  it('that never stops by itself stops when enough was taken', async () => {
    const endless = new Observable<number>((subscriber) => {
      for (let value = 1; !subscriber.closed; value += 1) {
        subscriber.next(value);
      }
    });
    const values: number[] = [];
    createWork(() => endless)
      .work()
      .pipe(take(3))
      .subscribe((value) => values.push(value));
    expect(values).toEqual([1, 2, 3]);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
  });

  it('is recorded before its subscriber hears of its end', async () => {
    let seen: unknown;
    await new Promise<void>((resolve) => {
      createWork(() => of(1))
        .work()
        .subscribe({
          complete: () => {
            seen = callsByOutcome();
            resolve();
          },
        });
    });
    expect(await seen).toEqual({ 'work success': 1 });
  });

  it('may be subscribed to from within itself', async () => {
    const work = createWork(() => of(1, 2));
    const values: number[] = [];
    work
      .work()
      .pipe(mergeMap((value) => work.work().pipe(map((inner) => value * 10 + inner))))
      .subscribe((value) => values.push(value));
    expect(values).toEqual([11, 12, 21, 22]);
    expect(await callsByOutcome()).toEqual({ 'work success': 3 });
  });

  it('is cancelled when an operator below it throws', async () => {
    const error = new Error('downstream');
    await expect(
      lastValueFrom(
        createWork(() => of(1, 2))
          .work()
          .pipe(
            map(() => {
              throw error;
            }),
          ),
      ),
    ).rejects.toBe(error);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 1 });
  });

  it('leaves errors of its subscriber where they were', async () => {
    const error = new Error('in next()');
    const fail = (): never => {
      throw error;
    };
    const plain = await hostErrorsDuring(() => of(1).subscribe(fail));
    const observed = await hostErrorsDuring(() =>
      createWork(() => of(1))
        .work()
        .subscribe(fail),
    );
    expect(observed).toEqual(plain);
    expect(observed.uncaughtExceptions).toEqual([error]);
  });

  it('that fails without an error handler is reported once', async () => {
    const error = new Error('nobody listens');
    const { uncaughtExceptions } = await hostErrorsDuring(() =>
      createWork(() => throwError(() => error))
        .work()
        .subscribe(),
    );
    expect(uncaughtExceptions).toEqual([error]);
  });

  it('that is shared is one source, and a call for each subscriber', async () => {
    let subscriptions = 0;
    const shared = new Observable<number>((subscriber) => {
      subscriptions += 1;
      subscriber.next(1);
    }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
    const result = createWork(() => shared).work();
    const open = [result.subscribe(), result.subscribe()];
    expect(subscriptions).toBe(1);
    open.forEach((subscription) => subscription.unsubscribe());
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 2 });
  });

  it('can be turned into a promise or an async iteration', async () => {
    const result = createWork(() => from([1, 2])).work();
    const values: number[] = [];
    await result.forEach((value) => values.push(value));
    expect(values).toEqual([1, 2]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('the duration of an Observable', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval', 'Date'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('lasts from the subscription to its end, for each', async () => {
    const result = createWork(() => interval(1_000)).work();
    vi.advanceTimersByTime(5_000);
    result.pipe(take(3)).subscribe();
    const left = result.subscribe();
    vi.advanceTimersByTime(3_000);
    vi.advanceTimersByTime(1_500);
    left.unsubscribe();
    expect(await secondsByOutcome()).toEqual({ 'work cancelled': 7.5 });
  });
});
