import type { BeginCall } from './begin-call.js';
import type { ReturnedCall } from './returned-call.js';
import { Shadow } from './shadow.js';

type Then = (...args: unknown[]) => unknown;

/**
 * Query builders and the like, which begin to work when their `then()` is called: the first time is recorded, and only
 * then. Callers need the very object, for its other methods.
 *
 * @throws TypeError when the object is frozen.
 */
export function observeThenable(thenable: PromiseLike<unknown>, call: ReturnedCall): void {
  const known = call.lazyResults.get(thenable);
  if (known !== undefined) {
    known.begin = call.asLazy();
    return;
  }
  const {
    then: original,
    catch: ownCatch,
    finally: ownFinally,
  } = thenable as unknown as Record<string, Then>;
  const shadow = new Shadow(thenable);
  /** Of the first time; `undefined` from then on. */
  const take = (): { readonly begin: BeginCall } | undefined => {
    const result = call.lazyResults.get(thenable);
    call.lazyResults.delete(thenable);
    shadow.lift();
    return result;
  };
  const then: Then = function (this: unknown, ...args) {
    const [onFulfilled, onRejected, ...rest] = args;
    const result = take();
    // With other arguments it is no promise's `then()`.
    if (result === undefined || !args.every((argument) => isHandler(argument))) {
      return original?.apply(this, args);
    }
    const end = result.begin();
    const fulfilled = (value: unknown): unknown => {
      end('success', value);
      return typeof onFulfilled === 'function' ? (onFulfilled(value) as unknown) : value;
    };
    const rejected = (error: unknown): unknown => {
      end('error', error);
      if (typeof onRejected === 'function') {
        return onRejected(error) as unknown;
      }
      throw error;
    };
    try {
      return original?.call(this, fulfilled, rejected, ...rest);
    } catch (error) {
      end('error', error);
      throw error;
    }
  };
  shadow.put('then', then);
  // They may start the work by themselves.
  if (typeof ownCatch === 'function') {
    shadow.put('catch', function (this: unknown, ...args: unknown[]) {
      return args.length === 1 && typeof args[0] === 'function'
        ? then.call(this, undefined, args[0])
        : ownCatch.apply(this, args);
    });
  }
  if (typeof ownFinally === 'function') {
    shadow.put('finally', function (this: unknown, ...args: unknown[]) {
      return Promise.resolve(then.call(this)).finally(args[0] as () => void);
    });
  }
  call.lazyResults.set(thenable, { begin: call.asLazy() });
}

function isHandler(argument: unknown): boolean {
  return typeof argument === 'function' || argument === undefined || argument === null;
}
