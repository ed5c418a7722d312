import { defer, from, Observable, type ObservableInput } from 'rxjs';
import { observeOutcome } from '../core/tool/observe-outcome.js';
import type { ReturnedCall } from './returned-call.js';

/** The key of RxJS' interoperability function between Observable libraries. */
const INTEROP: PropertyKey =
  (Symbol as unknown as { readonly observable?: symbol }).observable ?? '@@observable';

/** Returns whether `result` is an Observable of another copy of RxJS. */
export function isInteropObservable(result: object): result is Observable<unknown> {
  return INTEROP in result && 'subscribe' in result;
}

/**
 * Returns a proxy of `source` whose subscriptions are recorded as calls. Other members, such as a subject's own methods, are the
 * original's.
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
