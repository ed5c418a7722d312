import { nowMs } from './stopwatch.js';

/** The longest delay of a timer in milliseconds: Node.js fires timers with longer ones at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The rejection of work that has not settled when its {@link Deadline} ends. */
export class DeadlineError extends Error {}

/** Limits the time of any number of promises, with one timer for all of them: a registry may have thousands of metrics. */
export class Deadline {
  private readonly endsAtMs: number;
  private readonly waiting = new Set<(error: DeadlineError) => void>();
  private timer: NodeJS.Timeout | undefined;

  /** @param keepsProcess - whether the process stays alive until the work has settled or the time is over */
  constructor(
    private readonly timeoutMs: number,
    private readonly keepsProcess = false,
  ) {
    this.endsAtMs = nowMs() + timeoutMs;
  }

  /** Returns the result of `work`, or rejects with a {@link DeadlineError} when the time is over before. */
  within<T>(work: T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => this.settle(work, resolve, reject));
  }

  /**
   * Calls back with the result of `work`, or with its error or a {@link DeadlineError}. A plain value is passed on at once.
   *
   * @param onError - a function of this call alone: it tells the waiting calls apart
   */
  settle<T>(work: T | PromiseLike<T>, onResult: (result: T) => void, onError: (error: Error) => void): void {
    if (!isThenable(work)) {
      onResult(work);
      return;
    }
    this.wait(onError);
    const settled = (report: () => void): void => {
      if (this.stopWaiting(onError)) {
        report();
      }
    };
    // Promise.resolve(): a foreign thenable may throw, call back twice, or settle with another thenable.
    Promise.resolve(work).then(
      (result) => settled(() => onResult(result)),
      (error: unknown) => settled(() => onError(error as Error)),
    );
  }

  private wait(onError: (error: DeadlineError) => void): void {
    if (this.waiting.size === 0) {
      const leftMs = Math.min(Math.max(0, Math.ceil(this.endsAtMs - nowMs())), MAX_TIMER_MS);
      this.timer = setTimeout(() => this.end(), leftMs);
      if (!this.keepsProcess) {
        this.timer.unref();
      }
    }
    this.waiting.add(onError);
  }

  /** Returns false when the time was over before. */
  private stopWaiting(onError: (error: DeadlineError) => void): boolean {
    const isInTime = this.waiting.delete(onError);
    if (this.waiting.size === 0) {
      clearTimeout(this.timer);
    }
    return isInTime;
  }

  private end(): void {
    const late = [...this.waiting];
    this.waiting.clear();
    late.forEach((onError) => onError(new DeadlineError(`no answer within ${this.timeoutMs} ms`)));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { readonly then?: unknown }).then === 'function';
}
