import { types } from 'node:util';
import { Observable } from 'rxjs';
import type { CallRecorder } from './call-recorder.js';
import type { MethodMeter } from './method-meter.js';
import { isAsyncIterable, observeAsyncIterable } from './observed-iterable.js';
import { isInteropObservable, observeObservable } from './observed-observable.js';
import { isLazyPromise, observePromise, observeSharedPromise } from './observed-promise.js';
import { observeStream, streamOf } from './observed-stream.js';
import { observeThenable } from './observed-thenable.js';
import { ReturnedCall } from './returned-call.js';

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Returns a function that records its calls and otherwise equals `original`, including its properties and metadata. */
export function wrapMethod<Begun>(original: Method, meter: MethodMeter<Begun>): Method {
  const isAsync = Object.prototype.toString.call(original) === '[object AsyncFunction]';
  const wrapper: Method = function (...args) {
    const recorder = meter.recorderFor(this);
    return recorder === undefined
      ? Reflect.apply(original, this, args)
      : observeCall(original, recorder, this, args, isAsync);
  };
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
  // The prototype shows whether it is asynchronous, or a generator.
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original) as object | null);
  copyMetadata(original, wrapper);
  return wrapper;
}

function observeCall<Begun>(
  original: Method,
  recorder: CallRecorder<Begun>,
  self: unknown,
  args: unknown[],
  isAsync: boolean,
): unknown {
  const begun = recorder.begin(self, args);
  let result: unknown;
  try {
    result = Reflect.apply(original, self, args);
  } catch (error) {
    recorder.end(begun, 'error', self, args, error);
    throw error;
  }
  if ((typeof result === 'object' && result !== null) || typeof result === 'function') {
    return observeResult(result, recorder, begun, self, args, isAsync);
  }
  recorder.end(begun, 'success', self, args, result);
  return result;
}

/**
 * Records the call when its result has ended, and returns the result for the caller: the same object if its end can be observed
 * on it, else one that behaves like it. A result that cannot be observed counts as ended. Never throws.
 *
 * @param isFresh - whether no other caller has the result, as with asynchronous functions
 */
function observeResult<Begun>(
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
    // Frozen, or with getters that throw: its end cannot be observed.
  }
  recorder.end(begun, 'success', self, args, result);
  return result;
}

/** The methods that reflect-metadata adds to `Reflect`. Without it there is no metadata. */
interface Metadata {
  getOwnMetadataKeys(target: object): unknown[];
  getOwnMetadata(key: unknown, target: object): unknown;
  defineMetadata(key: unknown, value: unknown, target: object): void;
}

/** Copies the metadata (routes, guards, documentation) of decorators below this one. */
function copyMetadata(original: object, wrapper: object): void {
  const { getOwnMetadataKeys, getOwnMetadata, defineMetadata } = Reflect as Partial<Metadata>;
  for (const key of getOwnMetadataKeys?.(original) ?? []) {
    defineMetadata?.(key, getOwnMetadata?.(key, original), wrapper);
  }
}
