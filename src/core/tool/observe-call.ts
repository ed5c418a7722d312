import { types } from 'node:util';
import { replaceMethods } from './method-hook.js';
import type { OutcomeListener } from './outcome.js';
import { areHandlers, callThen, type Then } from './settlement.js';

/** Runs a call, for example in a scope. */
type Within = <Result>(call: () => Result) => Result;

/**
 * Calls `work` and reports its end to `ended`: when the call returns or throws, or when the promise that it returns settles. Returns
 * what `work` returns, a promise as one that settles alike: Node.js still reports its rejection if the caller does not handle it.
 *
 * Another thenable is observed through the caller's first `then()`, because query builders send their statement when they are awaited.
 * One that is not awaited within this turn of the event loop counts as ended.
 *
 * @param ended - what it throws after a success becomes the error of the call; after an error it must not throw
 * @param within - runs the call, and the thenable's first `then()`
 */
export function observeCall<T>(work: () => T, ended: OutcomeListener, within: Within = (call) => call()): T {
  let result: T;
  try {
    result = within(work);
  } catch (error) {
    ended('error', error);
    throw error;
  }
  const then = thenOf(result);
  if (types.isPromise(result) && then === Promise.prototype.then) {
    return callThen(then, result, [], ended) as T;
  }
  if (then === undefined || !observeThenable(result as object, then, ended, within)) {
    ended('success', result);
  }
  return result;
}

/** Returns `undefined` if the value is no thenable, or cannot be read: whoever awaits it gets the error of its getter. */
function thenOf(value: unknown): Then | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return undefined;
  }
  try {
    const { then } = value as { readonly then?: unknown };
    return typeof then === 'function' ? (then as Then) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns false for a frozen thenable, whose end cannot be observed. */
function observeThenable(thenable: object, then: Then, ended: OutcomeListener, within: Within): boolean {
  let isOpen = true;
  let takeOut: () => void;
  const close = (): void => {
    isOpen = false;
    takeOut();
  };
  const observedThen: Then = function (...args) {
    if (!isOpen || !areHandlers(args)) {
      return then.apply(this, args);
    }
    close();
    return within(() => callThen(then, this, args, ended));
  };
  try {
    takeOut = replaceMethods(thenable as { then: Then }, [['then', observedThen]]);
  } catch {
    return false;
  }
  setImmediate(() => {
    if (isOpen) {
      close();
      ended('success', thenable);
    }
  });
  return true;
}
