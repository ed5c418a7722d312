import type { OutcomeListener } from './outcome.js';
import { replaceMethods } from './method-hook.js';

export type Then = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Calls `then` with handlers that report the settlement and then call the caller's handlers. Returns what `then` returns, so that
 * a rejection is handled exactly when the caller handles it.
 */
export function callThen(
  then: Then,
  self: unknown,
  args: readonly unknown[],
  ended: OutcomeListener,
): unknown {
  const [onFulfilled, onRejected, ...rest] = args;
  const fulfilled = (value: unknown): unknown => {
    ended('success', value);
    return typeof onFulfilled === 'function' ? (onFulfilled(value) as unknown) : value;
  };
  const rejected = (error: unknown): unknown => {
    ended('error', error);
    if (typeof onRejected === 'function') {
      return onRejected(error) as unknown;
    }
    throw error;
  };
  try {
    return then.call(self, fulfilled, rejected, ...rest);
  } catch (error) {
    ended('error', error);
    throw error;
  }
}

/** Whether these are arguments for a promise's `then()`. */
export function areHandlers(args: readonly unknown[]): boolean {
  return args.every(
    (argument) => typeof argument === 'function' || argument === undefined || argument === null,
  );
}

/** The watches by thenable. All watches of one thenable share a shadow: the same object may be emitted repeatedly. */
const watches = new WeakMap<object, ThenableWatches>();

class ThenableWatches {
  readonly watching = new Set<Settlement>();
  private readonly takeOut: () => void;

  /** @throws TypeError when the thenable is frozen. */
  constructor(
    private readonly thenable: object,
    then: Then,
  ) {
    const { watching } = this;
    const end = (): void => this.end();
    const observedThen: Then = function (...args) {
      if (!areHandlers(args)) {
        return then.apply(this, args);
      }
      const asked = [...watching];
      end();
      asked.forEach((settlement) => settlement.asked());
      return callThen(then, this, args, (outcome, detail) => {
        asked.forEach((settlement) => settlement.settled(outcome, detail));
      });
    };
    this.takeOut = replaceMethods(thenable as { then: Then }, [['then', observedThen]]);
    watches.set(thenable, this);
  }

  remove(settlement: Settlement): void {
    if (this.watching.delete(settlement) && this.watching.size === 0) {
      this.end();
    }
  }

  private end(): void {
    this.watching.clear();
    this.takeOut();
    if (watches.get(this.thenable) === this) {
      watches.delete(this.thenable);
    }
  }
}

/**
 * Observes the settlement of a thenable through its consumer's first `then()`. A handler of ours would mark each rejection as
 * handled, and a `then()` of ours would start a query builder. `await` of a native promise calls no `then()`; resolving another
 * promise with it does.
 */
export class Settlement {
  private isAsked = false;
  private result: Parameters<OutcomeListener> | undefined;
  private listener: OutcomeListener | undefined;
  private watched: ThenableWatches | undefined;

  private constructor(private readonly value: unknown) {}

  /** Returns `undefined` when the value is not a thenable, or is frozen. Never throws. */
  static of(value: unknown): Settlement | undefined {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
      return undefined;
    }
    const settlement = new Settlement(value);
    let then: unknown;
    try {
      ({ then } = value as { readonly then?: unknown });
    } catch (error) {
      // A promise resolved with this value is rejected with this error.
      settlement.settled('error', error);
      return settlement;
    }
    if (typeof then !== 'function') {
      return undefined;
    }
    try {
      const watched = watches.get(value) ?? new ThenableWatches(value, then as Then);
      watched.watching.add(settlement);
      settlement.watched = watched;
      return settlement;
    } catch {
      return undefined;
    }
  }

  /** Ends the observation of a thenable that has not been awaited. */
  leave(): void {
    this.watched?.remove(this);
    this.watched = undefined;
  }

  /**
   * Calls `listener` when the thenable has settled; with `success` when its consumer does not await it within this turn of the
   * event loop.
   */
  whenSettled(listener: OutcomeListener): void {
    if (this.result !== undefined) {
      listener(...this.result);
      return;
    }
    this.listener = listener;
    if (!this.isAsked) {
      setImmediate(() => {
        if (!this.isAsked) {
          this.leave();
          this.settled('success', this.value);
        }
      });
    }
  }

  /** @internal */
  asked(): void {
    this.isAsked = true;
    this.watched = undefined;
  }

  /** @internal */
  settled(...result: Parameters<OutcomeListener>): void {
    if (this.result === undefined) {
      this.result = result;
      this.listener?.(...result);
    }
  }
}
