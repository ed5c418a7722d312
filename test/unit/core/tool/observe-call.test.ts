import { afterEach, describe, expect, it, vi } from 'vitest';
import { observeCall } from '../../../../src/core/tool/observe-call.js';

const failure = new Error('on purpose');
const ended = vi.fn();

afterEach(() => {
  ended.mockReset();
});

/** A query builder: its work begins when it is awaited. */
function lazy(work: () => Promise<unknown>): { readonly then: Promise<unknown>['then']; begun: number } {
  const builder = {
    begun: 0,
    // oxlint-disable-next-line unicorn/no-thenable
    then: ((...handlers: Parameters<Promise<unknown>['then']>) => {
      builder.begun += 1;
      return work().then(...handlers);
    }) as Promise<unknown>['then'],
  };
  return builder;
}

describe('an observed call', () => {
  it('that returns a value has ended', () => {
    const value = {};
    expect(observeCall(() => value, ended)).toBe(value);
    expect(ended.mock.calls).toEqual([['success', value]]);
  });

  it('that throws has failed, and throws the same error', () => {
    expect(() =>
      observeCall(() => {
        throw failure;
      }, ended),
    ).toThrow(failure);
    expect(ended.mock.calls).toEqual([['error', failure]]);
  });

  it('ends when its promise settles', async () => {
    let resolve: (value: number) => void = () => {};
    const result = observeCall(() => new Promise<number>((done) => (resolve = done)), ended);
    expect(ended).not.toHaveBeenCalled();
    resolve(42);
    expect(await result).toBe(42);
    expect(ended.mock.calls).toEqual([['success', 42]]);
  });

  it('passes a rejection on, which Node.js reports if nobody handles it', async () => {
    const unhandled = vi.fn();
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.once('unhandledRejection', unhandled);
    try {
      void observeCall(() => Promise.reject(failure), ended);
      await new Promise(setImmediate);
      expect(ended.mock.calls).toEqual([['error', failure]]);
      expect(unhandled.mock.calls.map(([reason]) => reason as unknown)).toEqual([failure]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      others.forEach((listener) => process.on('unhandledRejection', listener));
    }
  });

  it('fails with what its listener throws after a success', async () => {
    const refuse = (): void => {
      throw failure;
    };
    expect(() => observeCall(() => 1, refuse)).toThrow(failure);
    await expect(observeCall(() => Promise.resolve(1), refuse)).rejects.toBe(failure);
  });

  it('begins a lazy thenable when the caller awaits it, once and inside', async () => {
    let inside = 0;
    let deepest = 0;
    const builder = lazy(async () => {
      deepest = inside;
      return 42;
    });
    const result = observeCall(
      () => builder,
      ended,
      (call) => {
        inside += 1;
        try {
          return call();
        } finally {
          inside -= 1;
        }
      },
    );
    expect(builder.begun).toBe(0);
    expect(await result).toBe(42);
    expect({ begun: builder.begun, deepest }).toEqual({ begun: 1, deepest: 1 });
    expect(ended.mock.calls).toEqual([['success', 42]]);
  });

  it('reports the rejection of a lazy thenable', async () => {
    await expect(observeCall(() => lazy(() => Promise.reject(failure)), ended)).rejects.toBe(failure);
    expect(ended.mock.calls).toEqual([['error', failure]]);
  });

  it('does not begin a lazy thenable that the caller leaves', async () => {
    const builder = lazy(() => Promise.resolve(42));
    void observeCall(() => builder, ended);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(builder.begun).toBe(0);
    expect(ended.mock.calls).toEqual([['success', builder]]);
  });

  it('leaves the methods of a thenable as they were', async () => {
    const builder = lazy(() => Promise.resolve(42));
    const { then } = builder;
    expect(observeCall(() => builder, ended)).toBe(builder);
    await builder;
    expect(builder.then).toBe(then);
    const frozen = Object.freeze(lazy(() => Promise.resolve(1)));
    expect(observeCall(() => frozen, ended)).toBe(frozen);
    expect(ended.mock.calls).toEqual([
      ['success', 42],
      ['success', frozen],
    ]);
  });

  it('returns an object whose `then` cannot be read', () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const odd = Object.defineProperty({}, 'then', {
      get: () => {
        throw failure;
      },
    });
    expect(observeCall(() => odd, ended)).toBe(odd);
    expect(ended.mock.calls).toEqual([['success', odd]]);
  });
});
