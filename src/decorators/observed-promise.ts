import type { CallRecorder } from './call-recorder.js';
import type { ReturnedCall } from './returned-call.js';

/*
 * A second handler on a promise makes it a handled one: nobody would be told of rejections that the caller forgot to
 * handle. Therefore the caller gets the promise that `then()` derives, wherever that can stand for the original.
 */

/** Of an asynchronous function: nobody else has it. */
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

/** Constructs the very object that it is given, onto which subclasses put their private fields. */
class Onto {
  constructor(target: object) {
    return target;
  }
}

/**
 * What went to callers instead of a promise that a method returned: not one for each method, so that whoever handles it
 * has handled it for all. In a private field of the promise: nobody sees it, and a `WeakMap` never shrinks.
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

/** Of any other function, which may return the same promise again: all callers then share what stands for it, too. */
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

/** Whether another promise can stand for it: one of a subclass, or with properties of its own, is itself only. */
function isPlain(promise: Promise<unknown>): boolean {
  return (
    promise.constructor === Promise &&
    Object.getOwnPropertyNames(promise).length === 0 &&
    Object.isExtensible(promise)
  );
}

/** Subclasses that begin to work when their own `then()` is called. */
export function isLazyPromise(promise: Promise<unknown>): boolean {
  return (
    promise instanceof Promise && promise.constructor !== Promise && promise.then !== Promise.prototype.then
  );
}
