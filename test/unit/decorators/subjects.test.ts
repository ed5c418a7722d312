import {
  BehaviorSubject,
  isObservable,
  lastValueFrom,
  map,
  of,
  publish,
  ReplaySubject,
  Subject,
  toArray,
} from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { callsByOutcome, forgetRecords } from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

describe('a Subject', () => {
  it('keeps what it is and what it can', async () => {
    const subject = new BehaviorSubject(1);
    const result = createWork(() => subject).work();
    expect(result).toBeInstanceOf(BehaviorSubject);
    expect(isObservable(result)).toBe(true);
    const values: number[] = [];
    result.pipe(map((value) => value * 10)).subscribe((value) => values.push(value));
    result.next(2);
    subject.next(3);
    expect([result.value, result.getValue(), subject.value, result.observed]).toEqual([3, 3, 3, true]);
    result.complete();
    expect(values).toEqual([10, 20, 30]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('does not count who subscribes past the method', async () => {
    const subject = new Subject<number>();
    createWork(() => subject).work();
    subject.subscribe().unsubscribe();
    expect(await callsByOutcome()).toEqual({});
  });

  it('can be given to another Observable as its observer', async () => {
    const subject = new ReplaySubject<number>();
    of(1, 2).subscribe(createWork(() => subject).work());
    expect(await lastValueFrom(subject.pipe(toArray()))).toEqual([1, 2]);
  });

  it('that fails passes the very error to each subscriber', async () => {
    const error = new Error('on purpose');
    const caught: unknown[] = [];
    const subject = new Subject();
    const result = createWork(() => subject).work();
    result.subscribe({ error: (reason: unknown) => caught.push(reason) });
    result.asObservable().subscribe({ error: (reason: unknown) => caught.push(reason) });
    subject.error(error);
    expect(caught).toEqual([error, error]);
    expect(await callsByOutcome()).toEqual({ 'work error': 2 });
  });

  it('that connects keeps doing so', async () => {
    const source = publish<number>()(of(1, 2));
    const result = createWork(() => source).work();
    const values: number[] = [];
    result.subscribe((value) => values.push(value));
    result.connect();
    expect(values).toEqual([1, 2]);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('what only resembles an Observable', () => {
  it('is returned itself, and has ended', async () => {
    const store = { subscribe: () => 'subscribed', [Symbol.for('observable')]: () => store };
    expect(createWork(() => store).work()).toBe(store);
    expect(store.subscribe()).toBe('subscribed');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});
