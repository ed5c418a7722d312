import type { OutcomeListener } from '../core/outcome.js';
import { type ReturnedCall, shadow } from './returned-call.js';

type Step = (this: unknown, ...args: unknown[]) => unknown;
type StepResult = Partial<IteratorResult<unknown>>;

/** Web streams are left out: their readers cannot be observed without taking the stream from its consumer. */
export function isAsyncIterable(result: object): result is AsyncIterable<unknown> {
  return (
    typeof (result as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' &&
    !('getReader' in result)
  );
}

/**
 * A generator is one iteration, and one call. Other iterables are asked for an iterator by each iteration, and each is
 * a call.
 *
 * @throws TypeError when the object is frozen.
 */
export function observeAsyncIterable(iterable: AsyncIterable<unknown>, call: ReturnedCall): void {
  const begin = call.asLazy();
  if (call.isRepeated(iterable)) {
    return;
  }
  if (Object.prototype.toString.call(iterable) === '[object AsyncGenerator]') {
    observeIterator(iterable[Symbol.asyncIterator](), begin);
    return;
  }
  const iterate = iterable[Symbol.asyncIterator];
  shadow(iterable, Symbol.asyncIterator, function (this: AsyncIterable<unknown>) {
    const iterator = iterate.call(this);
    try {
      observeIterator(iterator, begin);
    } catch {
      // Frozen: its end cannot be seen.
    }
    return iterator;
  });
}

/** From the first step to the last. */
function observeIterator(iterator: AsyncIterator<unknown>, begin: () => OutcomeListener): void {
  let end: OutcomeListener | undefined;
  const observed =
    (step: Step, outcome: 'success' | 'cancelled'): Step =>
    (...args) => {
      end ??= begin();
      const ended = end;
      const stepped = (result: unknown): unknown => {
        const { done, value } = result as StepResult;
        if (done === true || outcome === 'cancelled') {
          ended(outcome, value);
        }
        return result;
      };
      const failed = (error: unknown): never => {
        ended('error', error);
        throw error;
      };
      let result: unknown;
      try {
        result = step.apply(iterator, args);
      } catch (error) {
        return failed(error);
      }
      return result instanceof Promise ? result.then(stepped, failed) : stepped(result);
    };
  const { next, return: leave, throw: fail } = iterator as unknown as Record<string, Step | undefined>;
  shadow(iterator, 'next', observed(next as Step, 'success'));
  // Leaving a loop early calls `return()`; an iterator need not have it.
  shadow(iterator, 'return', observed(leave ?? leaveNothing, 'cancelled'));
  if (fail !== undefined) {
    shadow(iterator, 'throw', observed(fail, 'success'));
  }
}

const leaveNothing: Step = (value) => Promise.resolve({ done: true, value });
