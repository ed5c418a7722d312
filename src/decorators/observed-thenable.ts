import { areHandlers, callThen, type Then } from '../core/tool/settlement.js';
import { Shadow } from '../core/tool/shadow.js';
import type { BeginCall } from './call-recorder.js';
import type { ReturnedCall } from './returned-call.js';

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
    const result = take();
    return result === undefined || !areHandlers(args)
      ? original?.apply(this, args)
      : callThen(original as Then, this, args, result.begin());
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
