import type { OutcomeListener } from '../core/tool/outcome.js';
import type { BeginCall } from './call-recorder.js';
import type { ReturnedCall } from './returned-call.js';
import { replaceMethods } from '../core/tool/method-hook.js';

type Step = (this: unknown, ...args: unknown[]) => unknown;
type StepResult = Partial<IteratorResult<unknown>> & Partial<PromiseLike<unknown>>;

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
  const known = call.lazyResults.get(iterable);
  if (known !== undefined) {
    known.begin = call.asLazy();
    return;
  }
  const state = { begin: NOT_YET };
  if (Object.prototype.toString.call(iterable) === '[object AsyncGenerator]') {
    observeIterator(iterable[Symbol.asyncIterator](), () => state.begin());
  } else {
    const iterate = iterable[Symbol.asyncIterator];
    const observed = new WeakSet<object>();
    const observedIterate = function (this: AsyncIterable<unknown>): AsyncIterator<unknown> {
      const iterator = iterate.call(this);
      try {
        // An iterator that was left half-way may come again.
        if (!observed.has(iterator)) {
          observeIterator(
            iterator,
            () => state.begin(),
            () => observed.delete(iterator),
          );
          observed.add(iterator);
        }
      } catch {
        // Frozen: its end cannot be seen.
      }
      return iterator;
    };
    replaceMethods(iterable, [[Symbol.asyncIterator, observedIterate]]);
  }
  state.begin = call.asLazy();
  call.lazyResults.set(iterable, state);
}

const NOT_YET: BeginCall = () => () => {};

/** From the first step to the last. */
function observeIterator(iterator: AsyncIterator<unknown>, begin: BeginCall, finished?: () => unknown): void {
  let end: OutcomeListener | undefined;
  const ended: OutcomeListener = (outcome, detail) => {
    end?.(outcome, detail);
    takeOut();
    finished?.();
  };
  const failed = (error: unknown): never => {
    ended('error', error);
    throw error;
  };
  const observed =
    (step: Step, outcome: 'success' | 'cancelled'): Step =>
    (...args) => {
      if (end === undefined && outcome === 'cancelled') {
        // Left before its first step: no work was asked for.
        takeOut();
        finished?.();
        return step.apply(iterator, args);
      }
      end ??= begin();
      const stepped = (result: unknown): unknown => {
        const { done, value } = result as StepResult;
        if (done === true || outcome === 'cancelled') {
          ended(outcome, value);
        }
        return result;
      };
      let result: StepResult;
      try {
        result = step.apply(iterator, args) as StepResult;
      } catch (error) {
        return failed(error);
      }
      return typeof result.then === 'function' ? result.then(stepped, failed) : stepped(result);
    };
  const steps = iterator as unknown as Record<'next' | 'return' | 'throw', Step | undefined>;
  const { next, return: leave, throw: fail } = steps;
  const takeOut = replaceMethods(steps, [
    ['next', observed(next as Step, 'success')],
    // Leaving a loop early calls `return()`; an iterator need not have it.
    ['return', observed(leave ?? leaveNothing, 'cancelled')],
    ...(fail === undefined ? [] : [['throw', observed(fail, 'success')] as const]),
  ]);
}

const leaveNothing: Step = (value) => Promise.resolve({ done: true, value });
