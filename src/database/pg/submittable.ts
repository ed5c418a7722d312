import { replaceMethod } from '../../core/tool/method-hook.js';
import { callBackIn, type RequestScope } from '../../request-scope/request-scope.js';
import type { Submittable } from './pg.interface.js';

/** The methods of an object that submits itself from which pg calls the object's listeners. */
const HANDLERS = [
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleError',
  'handleReadyForQuery',
] as const;

/** Whether the first argument of `query()` is an object that submits itself: a `Query`, a cursor, a stream. */
export function submitsItself(config: unknown): config is Partial<Submittable> {
  return (
    typeof config === 'object' && config !== null && 'submit' in config && typeof config.submit === 'function'
  );
}

/** False for the objects of `pg-native`, which pass unobserved. */
export function isObservable(config: Partial<Submittable>): config is Submittable {
  return typeof config.handleError === 'function' && typeof config.handleReadyForQuery === 'function';
}

/**
 * Calls back at the end of a statement: when the server is ready for the next one, or with an error. The object's own events are
 * incomplete: a stream whose backend was killed emits neither `error` nor `close`.
 *
 * @param scope - the one that sent it, in which its listeners are called: the socket's is the one that opened the connection
 * @param onEnd - may be called twice
 */
export function observeEnd(
  submittable: Submittable,
  scope: RequestScope | undefined,
  onEnd: (error: unknown) => void,
): void {
  const before: Partial<Record<(typeof HANDLERS)[number], (first: unknown) => void>> = {
    handleError: (error) => ended(error),
    // When a row could not be read, the query goes on to its end and fails there.
    handleReadyForQuery: () => ended(submittable._canceledDueToError || undefined),
  };
  const hooks = HANDLERS.filter((name) => typeof submittable[name] === 'function').map((name) =>
    replaceMethod(submittable as Required<Submittable>, name, (method) => (...given: unknown[]) => {
      before[name]?.(given[0]);
      return callBackIn(scope, method, submittable, given);
    }),
  );
  const ended = (error: unknown): void => {
    hooks.forEach((hook) => hook.takeOut());
    onEnd(error);
  };
}
