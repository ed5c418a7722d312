import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  activeScope,
  allowRepeatedReads,
  callBackIn,
  runInScope,
  type ScopeParticipant,
} from '../../../src/request-scope/request-scope.js';
import { ScopeOpener } from '../../../src/request-scope/scope-opener.js';

const owner = {};

function participant(): ScopeParticipant<{ seen: string[] }> & { readonly ended: unknown[] } {
  const ended: unknown[] = [];
  return {
    ended,
    createState: () => ({ seen: [] }),
    scopeEnded: (state, name, { kind }) => void ended.push([state?.seen, name, kind]),
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a unit of work', () => {
  it('ends with what its promise settles to, and gives that back', async () => {
    const opener = new ScopeOpener(owner, () => false);
    const one = participant();
    opener.join(one);
    const result = await opener.work('job', async () => {
      activeScope()?.stateOf(one)?.seen.push('before');
      await new Promise(setImmediate);
      activeScope()?.stateOf(one)?.seen.push('after');
      expect(one.ended).toEqual([]);
      return 42;
    });
    expect(result).toBe(42);
    expect(one.ended).toEqual([[['before', 'after'], 'job', 'work']]);
    expect(activeScope()).toBeUndefined();
  });

  it('gives back what is no promise', async () => {
    const opener = new ScopeOpener(owner, () => true);
    expect(await opener.work('job', () => 42)).toBe(42);
  });

  it.each([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])('that %s has ended, and passes that on', async (_name, work: () => Promise<never>) => {
    const opener = new ScopeOpener(owner, () => false);
    const one = participant();
    opener.join(one);
    await expect(opener.work('job', work)).rejects.toBe(failure);
    expect(one.ended).toEqual([[undefined, 'job', 'work']]);
  });

  it('rejects with what a participant throws at its end', async () => {
    const opener = new ScopeOpener(owner, () => false);
    const refusal = new Error('N+1');
    opener.join({
      ...participant(),
      scopeEnded: () => {
        throw refusal;
      },
    });
    await expect(opener.work('job', () => 42)).rejects.toBe(refusal);
    // What the work itself throws tells more.
    await expect(opener.work('job', () => Promise.reject(failure))).rejects.toBe(failure);
  });

  it('has its name from the beginning on', async () => {
    const opener = new ScopeOpener(owner, () => true);
    expect(await opener.work('job', () => activeScope()?.name)).toBe('job');
  });

  it('within another has states of its own, and gives the outer one back', async () => {
    const opener = new ScopeOpener(owner, () => false);
    const one = participant();
    opener.join(one);
    const see = (what: string) => activeScope()?.stateOf(one)?.seen.push(what);
    await opener.work('outer', async () => {
      see('first');
      await opener.work('inner', async () => see('second'));
      see('third');
    });
    expect(one.ended).toEqual([
      [['second'], 'inner', 'work'],
      [['first', 'third'], 'outer', 'work'],
    ]);
  });
});

const failure = new Error('The printer is out of paper.');

describe('scopes', () => {
  it('of requests have route and method once they have ended', () => {
    const scope = new ScopeOpener(owner, () => true).openRequest();
    expect([scope?.name, scope?.method]).toEqual([undefined, undefined]);
    scope?.end('/books/:id', 'GET');
    expect([scope?.name, scope?.method]).toEqual(['/books/:id', 'GET']);
  });

  it('are not opened when nothing needs them: neither for requests nor for units of work', async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, 'run');
    const opener = new ScopeOpener(owner, () => false);
    expect(opener.openRequest()).toBeUndefined();
    expect(await opener.work('job', async () => activeScope())).toBeUndefined();
    const leave = opener.join(participant());
    expect(opener.openRequest()).toBeDefined();
    leave();
    expect(opener.openRequest()).toBeUndefined();
    expect(run).not.toHaveBeenCalled();
  });

  it('that somebody leaves still tell of their end', () => {
    const opener = new ScopeOpener(owner, () => false);
    const one = participant();
    const leave = opener.join(one);
    const scope = opener.openRequest();
    leave();
    scope?.end('/books');
    expect(one.ended).toEqual([[undefined, '/books', 'request']]);
  });

  it('know when they have ended', () => {
    const opener = new ScopeOpener(owner, () => true);
    const [ended, discarded] = [opener.openRequest(), opener.openRequest()];
    expect([ended?.endedAtMs, discarded?.endedAtMs]).toEqual([Infinity, Infinity]);
    const before = performance.now();
    ended?.end('/books');
    discarded?.discard();
    expect(ended?.endedAtMs).toBeGreaterThanOrEqual(before);
    expect(discarded?.endedAtMs).toBeLessThanOrEqual(performance.now());
    expect([ended?.name, discarded?.name]).toEqual(['/books', undefined]);
  });

  it('that are discarded tell the participants that need to know, and no other', () => {
    const opener = new ScopeOpener(owner, () => false);
    const [one, other] = [participant(), participant()];
    const scopeDiscarded = vi.fn();
    const asking = { ...one, scopeDiscarded };
    opener.join(asking);
    opener.join(other);
    const scope = opener.openRequest();
    scope?.stateOf(asking)?.seen.push('guard');
    scope?.discard();
    expect(scopeDiscarded.mock.calls).toEqual([[{ seen: ['guard'] }]]);
    expect([one.ended, other.ended]).toEqual([[], []]);
  });

  it('have no state for whoever does not take part', () => {
    const opener = new ScopeOpener(owner, () => true);
    const stranger = participant();
    const scope = opener.openRequest();
    expect(scope?.stateOf(stranger)).toBeUndefined();
    expect(scope?.timings).toEqual([]);
  });

  it('of a mounted application keep what the outer application observes in the outer scope', () => {
    const [outerOpener, innerOpener] = [owner, {}].map((one) => new ScopeOpener(one, () => true)) as [
      ScopeOpener,
      ScopeOpener,
    ];
    const [one, other, stranger] = [participant(), participant(), participant()];
    outerOpener.join(one);
    innerOpener.join(other);
    const outer = outerOpener.openRequest();
    const inner = innerOpener.openRequest(outer);
    outer?.stateOf(one)?.seen.push('middleware');
    inner?.stateOf(one)?.seen.push('shared pool');
    inner?.stateOf(other)?.seen.push('own pool');
    expect(inner?.stateOf(stranger)).toBeUndefined();
    expect(outer?.stateOf(other)).toBeUndefined();
    inner?.end('/inner');
    outer?.end('/outer');

    expect(one.ended).toEqual([[['middleware', 'shared pool'], '/outer', 'request']]);
    expect(other.ended).toEqual([[['own pool'], '/inner', 'request']]);
  });

  it('are those of the caller where somebody else calls back', () => {
    const opener = new ScopeOpener(owner, () => true);
    const [one, other] = [opener.openRequest(), opener.openRequest()];
    runInScope(other, () => {
      expect(callBackIn(one, activeScope, undefined, [])).toBe(one);
      expect(callBackIn(undefined, activeScope, undefined, [])).toBeUndefined();
      expect(callBackIn(other, activeScope, undefined, [])).toBe(other);
      expect(activeScope()).toBe(other);
    });
  });
});

describe('code that may repeat reads', () => {
  const isAllowed = () => activeScope()?.allowsRepeatedReads;

  it('is told apart from the rest of its unit of work, across awaits and however it is nested', async () => {
    const opener = new ScopeOpener(owner, () => true);
    await opener.work('job', async () => {
      expect(isAllowed()).toBe(false);
      const allowed = allowRepeatedReads(async () => {
        await new Promise(setImmediate);
        expect(isAllowed()).toBe(true);
        expect(allowRepeatedReads(isAllowed)).toBe(true);
        expect(isAllowed()).toBe(true);
        expect(await opener.work('another job', async () => isAllowed())).toBe(false);
        return 42;
      });
      expect(isAllowed()).toBe(false);
      expect(await allowed).toBe(42);
      expect(isAllowed()).toBe(false);
    });
  });

  it('gives back what it returns, and throws what it throws, within scopes and outside', async () => {
    const opener = new ScopeOpener(owner, () => true);
    const check = (): void => {
      expect(allowRepeatedReads(() => 42)).toBe(42);
      expect(() =>
        allowRepeatedReads(() => {
          throw failure;
        }),
      ).toThrow(failure);
    };
    check();
    expect(allowRepeatedReads(activeScope)).toBeUndefined();
    await opener.work('job', check);
  });

  it('has the states, the origins and the end of its unit of work', () => {
    const opener = new ScopeOpener(owner, () => false);
    const origin = (): string => 'books.ts:1:1';
    const one = { ...participant(), originOf: () => origin };
    opener.join(one);
    const scope = opener.openRequest();
    const allowed = runInScope(scope, () => allowRepeatedReads(activeScope));
    expect(allowed).toMatchObject({ owner, kind: 'request', name: undefined, endedAtMs: Infinity });
    expect(allowed?.takeOrigin()).toBe(origin);
    allowed?.stateOf(one)?.seen.push('allowed');
    scope?.stateOf(one)?.seen.push('other');
    scope?.end('/books', 'GET');
    expect(one.ended).toEqual([[['allowed', 'other'], '/books', 'request']]);
    expect(allowed).toMatchObject({ name: '/books', method: 'GET', endedAtMs: scope?.endedAtMs });
    const late = runInScope(scope, () => allowRepeatedReads(activeScope));
    expect(late).toBe(allowed);
  });

  it('that runs first after the end, or after a discarded request, knows that it is late', () => {
    const opener = new ScopeOpener(owner, () => true);
    const [ended, discarded] = [opener.openRequest(), opener.openRequest()];
    const early = discarded?.allowingRepeatedReads();
    ended?.end('/books');
    discarded?.discard();
    expect(ended?.allowingRepeatedReads()).toMatchObject({ name: '/books', endedAtMs: ended?.endedAtMs });
    expect(early).toMatchObject({ name: undefined, endedAtMs: discarded?.endedAtMs });
  });

  it('has the name of a unit of work from the beginning on', async () => {
    const opener = new ScopeOpener(owner, () => true);
    expect(await opener.work('job', () => allowRepeatedReads(() => activeScope()?.name))).toBe('job');
  });
});
