import { restore, type ReturnedCall, shadow } from './returned-call.js';

type Then = (onFulfilled?: unknown, onRejected?: unknown, ...rest: unknown[]) => unknown;

/**
 * Query builders and the like, which begin to work when their `then()` is called: the first time is recorded, and only
 * then. Callers need the very object, for its other methods.
 */
export function observeThenable(thenable: PromiseLike<unknown>, call: ReturnedCall): void {
  const begin = call.asLazy();
  if (call.isRepeated(thenable)) {
    return;
  }
  const { then: original } = thenable as unknown as { readonly then: Then };
  const own = Object.getOwnPropertyDescriptor(thenable, 'then');
  const observed: Then = function (this: unknown, onFulfilled, onRejected, ...rest) {
    restore(thenable, 'then', own);
    call.forget(thenable);
    if (typeof onFulfilled !== 'function' && typeof onRejected !== 'function') {
      return original.call(this, onFulfilled, onRejected, ...rest);
    }
    const end = begin();
    return original.call(
      this,
      (value: unknown) => {
        end('success', value);
        return typeof onFulfilled === 'function' ? (onFulfilled(value) as unknown) : value;
      },
      (error: unknown) => {
        end('error', error);
        if (typeof onRejected === 'function') {
          return onRejected(error) as unknown;
        }
        throw error;
      },
      ...rest,
    );
  };
  shadow(thenable, 'then', observed);
}
