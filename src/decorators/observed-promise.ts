import type { CallRecorder } from './call-recorder.js';
import type { ReturnedCall } from './returned-call.js';

/*
 * A second handler would mark the promise as handled, and hide rejections that the caller does not handle. Therefore the caller
 * gets the promise derived by `then()`, wherever it can replace the original.
 */

/** Returns a derived promise that records the outcome, for a promise that no other caller has, as of an `async` function. */
export function observePromise<Begun>(
  promise: Promise<unknown>,
  recorder: CallRecorder<Begun>,
  begun: Begun,
  self: unknown,
  args: readonly unknown[],
): Promise<unknown> {
  return promise.then(
    (value) => {
      recorder.end(begun, 'success', self, args, value);
      return value;
    },
    (error: unknown) => {
      recorder.end(begun, 'error', self, args, error);
      throw error;
    },
  );
}

/** Constructs the given object itself, so that subclasses add their private fields to it. */
class Onto {
  constructor(target: object) {
    return target;
  }
}

/**
 * The derived promise that callers get instead of the original. All methods that return the same promise share it, so that one
 * handler suffices. Stored in a private field of the promise: it is invisible, and a `WeakMap` never shrinks.
 */
class Derivation extends Onto {
  readonly #derived: Promise<unknown>;

  constructor(promise: Promise<unknown>, derived: Promise<unknown>) {
    super(promise);
    this.#derived = derived;
  }

  static of(promise: Promise<unknown>): Promise<unknown> | undefined {
    return #derived in promise ? promise.#derived : undefined;
  }
}

/** Observes the promise of any other function, which may return it several times: its callers share the derived promise. */
export function observeSharedPromise(promise: Promise<unknown>, call: ReturnedCall): Promise<unknown> {
  const end = call.whenEnded();
  const known = Derivation.of(promise);
  if (known === undefined && isPlain(promise)) {
    const derived = promise.then(
      (value) => {
        end('success', value);
        return value;
      },
      (error: unknown) => {
        end('error', error);
        throw error;
      },
    );
    void new Derivation(promise, derived);
    return derived;
  }
  void Promise.prototype.then.call(
    promise,
    (value) => end('success', value),
    (error) => end('error', error),
  );
  return known ?? promise;
}

/** Returns whether a derived promise can replace it: not for subclasses, or promises with own properties. */
function isPlain(promise: Promise<unknown>): boolean {
  return (
    promise.constructor === Promise &&
    Object.getOwnPropertyNames(promise).length === 0 &&
    Object.isExtensible(promise)
  );
}

/** Returns whether it is of a subclass that starts its work when its own `then()` is called. */
export function isLazyPromise(promise: Promise<unknown>): boolean {
  return (
    promise instanceof Promise && promise.constructor !== Promise && promise.then !== Promise.prototype.then
  );
}
