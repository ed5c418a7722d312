import { types } from 'node:util';
import { Observable } from 'rxjs';
import type { CallRecorder } from './call-recorder.js';
import { isAsyncIterable, observeAsyncIterable } from './observed-iterable.js';
import { isInteropObservable, observeObservable } from './observed-observable.js';
import { isLazyPromise, observePromise, observeSharedPromise } from './observed-promise.js';
import { observeStream, streamOf } from './observed-stream.js';
import { observeThenable } from './observed-thenable.js';
import { ReturnedCall } from './returned-call.js';

/**
 * Records the call when its result has ended, and returns what the caller gets for it: the very same object wherever
 * that can tell when it ends, else one that behaves like it. What cannot be observed counts as ended. Never throws.
 *
 * @param isFresh - whether nobody else can have the result, as with asynchronous functions
 */
export function observeResult<Begun>(
  result: object,
  recorder: CallRecorder<Begun>,
  begun: Begun,
  self: unknown,
  args: readonly unknown[],
  isFresh: boolean,
): unknown {
  try {
    if (isFresh && result instanceof Promise) {
      return observePromise(result, recorder, begun, self, args);
    }
    const call = new ReturnedCall(recorder, begun, self, args);
    if (types.isPromise(result) && !isLazyPromise(result)) {
      return observeSharedPromise(result, call);
    }
    if (typeof (result as { readonly then?: unknown }).then === 'function') {
      observeThenable(result as PromiseLike<unknown>, call);
      return result;
    }
    if (result instanceof Observable || isInteropObservable(result)) {
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
