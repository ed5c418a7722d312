import type { CallRecorder } from './call-recorder.js';
import type { MethodMeter } from './method-meter.js';
import { observeResult } from './observed-result.js';

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The same method to everybody who looks at it, with its calls recorded. */
export function wrapMethod<Begun>(original: Method, meter: MethodMeter<Begun>): Method {
  const isAsync = Object.prototype.toString.call(original) === '[object AsyncFunction]';
  const wrapper: Method = function (...args) {
    const recorder = meter.recorderFor(this);
    return recorder === undefined
      ? Reflect.apply(original, this, args)
      : observeCall(original, recorder, this, args, isAsync);
  };
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
  // Which tells whether it is asynchronous, or a generator.
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

/** What reflect-metadata adds to `Reflect`; without it nobody has put metadata on anything. */
interface Metadata {
  getOwnMetadataKeys(target: object): unknown[];
  getOwnMetadata(key: unknown, target: object): unknown;
  defineMetadata(key: unknown, value: unknown, target: object): void;
}

/** Decorators below this one have put theirs (routes, guards, documentation) on the original function. */
function copyMetadata(original: object, wrapper: object): void {
  const { getOwnMetadataKeys, getOwnMetadata, defineMetadata } = Reflect as Partial<Metadata>;
  for (const key of getOwnMetadataKeys?.(original) ?? []) {
    defineMetadata?.(key, getOwnMetadata?.(key, original), wrapper);
  }
}
