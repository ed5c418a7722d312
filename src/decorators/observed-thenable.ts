import { areHandlers, callThen, type Then } from '../core/tool/settlement.js';
import { replaceMethods } from '../core/tool/method-hook.js';
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
  const target = thenable as unknown as Record<'then' | 'catch' | 'finally', Then>;
  const { then: original, catch: ownCatch, finally: ownFinally } = target;
  /** Of the first time; `undefined` from then on. */
  const take = (): { readonly begin: BeginCall } | undefined => {
    const result = call.lazyResults.get(thenable);
    call.lazyResults.delete(thenable);
    takeOut();
    return result;
  };
  const then: Then = function (this: unknown, ...args) {
    const result = take();
    return result === undefined || !areHandlers(args)
      ? original.apply(this, args)
      : callThen(original, this, args, result.begin());
  };
  const replacements: ['then' | 'catch' | 'finally', Then][] = [['then', then]];
  // They may start the work by themselves.
  if (typeof ownCatch === 'function') {
    replacements.push([
      'catch',
      function (this: unknown, ...args) {
        return args.length === 1 && typeof args[0] === 'function'
          ? then.call(this, undefined, args[0])
          : ownCatch.apply(this, args);
      },
    ]);
  }
  if (typeof ownFinally === 'function') {
    replacements.push([
      'finally',
      function (this: unknown, ...args) {
        return Promise.resolve(then.call(this)).finally(args[0] as () => void);
      },
    ]);
  }
  const takeOut = replaceMethods(target, replacements);
  call.lazyResults.set(thenable, { begin: call.asLazy() });
}
