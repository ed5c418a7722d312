/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { afterEach, describe, expect, it } from 'vitest';
import { callsByOutcome, callsInFlight, forgetRecords } from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

const fail = (): never => {
  throw new Error('not to be read');
};

/** Whatever one asks of it, it refuses. */
const refusing = new Proxy(
  {},
  { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail, getPrototypeOf: fail },
);

const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();

describe('an object that is nothing to wait for', () => {
  it.each([
    ['plain', { a: 1 }],
    ['frozen', Object.freeze({ a: 1 })],
    ['without a prototype', Object.create(null) as object],
    ['an array', [1, 2]],
    ['a buffer', Buffer.from('some')],
    ['an error', new Error('returned, not thrown')],
    ['a WeakRef', new WeakRef({})],
    ['a synchronous generator', [1, 2].values()],
    ['with a `then` that is no function', { then: true }],
    ['with a `pipe` that is no stream’s', { pipe: () => 1 }],
    ['with a `next` that is no iterator’s', { next: () => 1 }],
  ])('is returned itself, has ended, and is not touched: %s', async (_, result) => {
    const keys = Reflect.ownKeys(result);
    expect(createWork(() => result).work()).toBe(result);
    expect(Reflect.ownKeys(result)).toEqual(keys);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it.each([
    ['a refusing Proxy', refusing],
    ['a revoked Proxy', revoked],
    ['a getter `then`', Object.defineProperty({}, 'then', { get: fail })],
    ['a getter `subscribe`', Object.defineProperty({ lift: () => 1 }, 'subscribe', { get: fail })],
    ['a getter `getStream`', Object.defineProperty({}, 'getStream', { get: fail })],
    ['a getter `pipe`', Object.defineProperty({}, 'pipe', { get: fail })],
    ['a getter `asyncIterator`', Object.defineProperty({}, Symbol.asyncIterator, { get: fail })],
  ])('that refuses to be looked at is returned itself: %s', async (_, result) => {
    expect(createWork(() => result).work() === result).toBe(true);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is not enumerated: lazy properties stay unread', () => {
    const read: string[] = [];
    const entity = Object.defineProperty({}, 'orders', {
      enumerable: true,
      get: () => {
        read.push('orders');
        return [];
      },
    });
    expect(createWork(() => entity).work()).toBe(entity);
    expect(read).toEqual([]);
  });

  it('is returned as often as wanted', async () => {
    const result = { a: 1 };
    const work = createWork(() => result);
    for (let call = 0; call < 1_000; call += 1) {
      work.work();
    }
    expect(await callsByOutcome()).toEqual({ 'work success': 1_000 });
  });
});
