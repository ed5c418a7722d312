import { defer, from, isObservable, Observable } from 'rxjs';
import { observeOutcome } from '../core/outcome.js';
import type { CallRecorder } from './call-recorder.js';
import { isAsyncIterable, observeAsyncIterable } from './observed-iterable.js';
import { observeStream, streamOf } from './observed-stream.js';
import { observeThenable } from './observed-thenable.js';
import { ReturnedCall } from './returned-call.js';

/**
 * Records the call when its result has ended, and returns what the caller gets for it: the very same object wherever
 * that can tell when it ends, else one that behaves like it. What cannot be observed counts as ended. Never throws.
 */
export function observeResult<Begun>(
  result: object,
  recorder: CallRecorder<Begun>,
  begun: Begun,
  self: unknown,
  args: readonly unknown[],
): unknown {
  try {
    const { then } = result as { readonly then?: unknown };
    if (then === Promise.prototype.then) {
      return observePromise(result as Promise<unknown>, recorder, begun, self, args);
    }
    const call = new ReturnedCall(recorder, begun, self, args);
    if (typeof then === 'function') {
      observeThenable(result as PromiseLike<unknown>, call);
      return result;
    }
    if (isObservable(result)) {
      return observeObservable(result, call);
    }
    const stream = streamOf(result);
    if (stream !== undefined) {
      observeStream(stream, call);
      return result;
    }
    if (isAsyncIterable(result)) {
      observeAsyncIterable(result, call);
      return result;
    }
  } catch {
    // Frozen, or with getters that throw: there is no way to see its end.
  }
  recorder.end(begun, 'success', self, args, result);
  return result;
}

/**
 * The derived promise goes to the caller: with a second handler on the original one, nobody would be told of rejections
 * that the caller forgot to handle. `then()` makes it of the same class.
 */
function observePromise<Begun>(
  promise: Promise<unknown>,
  recorder: CallRecorder<Begun>,
  begun: Begun,
  self: unknown,
  args: readonly unknown[],
): Promise<unknown> {
  const derived = promise.then(
    (value) => {
      recorder.end(begun, 'success', self, args, value);
      return value;
    },
    (error: unknown) => {
      recorder.end(begun, 'error', self, args, error);
      throw error;
    },
  );
  return Object.keys(promise).length === 0 ? derived : withPropertiesOf(promise, derived);
}

/** What was put on a promise, such as a function to cancel it. */
function withPropertiesOf(promise: Promise<unknown>, derived: Promise<unknown>): Promise<unknown> {
  try {
    return Object.assign(derived, promise);
  } catch {
    return derived;
  }
}

/** Each subscription is a call. Subjects keep their own methods. */
function observeObservable(source: Observable<unknown>, call: ReturnedCall): Observable<unknown> {
  const begin = call.asLazy();
  const observed = defer(() => observeOutcome(from(source), begin()));
  if (source.constructor === Observable) {
    return observed;
  }
  const subscribe = observed.subscribe.bind(observed);
  return new Proxy(source, {
    get: (target, property, receiver): unknown =>
      property === 'subscribe' ? subscribe : Reflect.get(target, property, receiver),
  });
}
