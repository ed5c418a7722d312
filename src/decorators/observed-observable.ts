import { defer, from, Observable, type ObservableInput } from 'rxjs';
import { observeOutcome } from '../core/tool/observe-outcome.js';
import type { ReturnedCall } from './returned-call.js';

/** Where RxJS has the function that makes one library's Observables known to another's. */
const INTEROP: PropertyKey =
  (Symbol as unknown as { readonly observable?: symbol }).observable ?? '@@observable';

/** Observables of another copy of RxJS. */
export function isInteropObservable(result: object): result is Observable<unknown> {
  return INTEROP in result && 'subscribe' in result;
}

/**
 * Each subscription is a call. Whatever is not about subscribing, such as a subject's own methods, is the original's.
 */
export function observeObservable(source: Observable<unknown>, call: ReturnedCall): Observable<unknown> {
  const begin = call.asLazy();
  const observed = defer(() => observeOutcome(from(source as ObservableInput<unknown>), begin()));
  return new Proxy(source, {
    get(target, property): unknown {
      if (property === 'asObservable') {
        return () => observed;
      }
      const isAboutSubscribing = property !== 'constructor' && Object.hasOwn(Observable.prototype, property);
      const owner: object = isAboutSubscribing ? observed : target;
      const value: unknown = Reflect.get(owner, property, owner);
      return typeof value === 'function' && property !== 'constructor' ? value.bind(owner) : value;
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
}
