import { nowMs } from './stopwatch.js';

/** The longest delay of a timer in milliseconds: Node.js fires timers with longer ones at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The rejection of work that has not settled when its {@link Deadline} ends. */
export class DeadlineError extends Error {}

/** Limits the time of any number of promises, with one timer for all of them: a registry may have thousands of metrics. */
export class Deadline {
  private readonly endsAtMs: number;
  private waits: Wait[] = [];
  /** The number of waits that are not over. */
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;

  /** Does not keep the process alive. */
  constructor(private readonly timeoutMs: number) {
    this.endsAtMs = nowMs() + timeoutMs;
  }

  /** Returns the result of `work`, or rejects with a {@link DeadlineError} when the time is over before. */
  within<T>(work: T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => this.settle(work, resolve, reject));
  }

  /** Calls back with the result of `work`, or with its error or a {@link DeadlineError}. A plain value is passed on at once. */
  settle<T>(work: T | PromiseLike<T>, onResult: (result: T) => void, onError: (error: Error) => void): void {
    if (!isThenable(work)) {
      onResult(work);
      return;
    }
    const wait: Wait = { onError, isOver: false };
    this.start(wait);
    // Promise.resolve(): a foreign thenable may throw, call back twice, or settle with another thenable.
    Promise.resolve(work).then(
      (result) => this.stop(wait, onResult, result),
      (error: unknown) => this.stop(wait, onError, error as Error),
    );
  }

  private start(wait: Wait): void {
    if (this.waiting === 0) {
      const leftMs = Math.min(Math.max(0, Math.ceil(this.endsAtMs - nowMs())), MAX_TIMER_MS);
      this.timer = setTimeout(() => this.end(), leftMs).unref();
    }
    this.waiting += 1;
    this.waits.push(wait);
  }

  /** Reports how the work has settled, unless the time was over before. */
  private stop<V>(wait: Wait, report: (value: V) => void, value: V): void {
    if (wait.isOver) {
      return;
    }
    wait.isOver = true;
    this.waiting -= 1;
    if (this.waiting === 0) {
      this.waits = [];
      clearTimeout(this.timer);
    }
    report(value);
  }

  private end(): void {
    const late = this.waits.filter(({ isOver }) => !isOver);
    this.waits = [];
    this.waiting = 0;
    for (const wait of late) {
      wait.isOver = true;
    }
    late.forEach(({ onError }) => onError(new DeadlineError(`no answer within ${this.timeoutMs} ms`)));
  }
}

interface Wait {
  readonly onError: (error: DeadlineError) => void;
  isOver: boolean;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { readonly then?: unknown }).then === 'function';
}
