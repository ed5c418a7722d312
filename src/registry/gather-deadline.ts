import { nowMs } from '../core/tool/stopwatch.js';

/**
 * One reading of a registry, which is over after a certain time, whatever its parts do: nobody waits longer for metrics of
 * other clients and for collectors, each by itself and all together.
 */
export class GatherDeadline {
  private readonly endsAtMs: number;
  private readonly results = new Map<object, Promise<unknown>>();
  /** What is waited for: one timer for all, as a registry may have thousands of metrics. */
  private readonly waiting = new Set<(error: Error) => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number) {
    this.endsAtMs = nowMs() + timeoutMs;
  }

  /** The result of `work`, or a rejection when the reading is over before. */
  async within<T>(work: T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => this.settle(work, resolve, reject));
  }

  /** Calls back with the result of `work`, or with an error when the reading is over before. The timer does not hold the process. */
  settle<T>(work: T | PromiseLike<T>, onResult: (result: T) => void, onError: (error: Error) => void): void {
    if (!isThenable(work)) {
      onResult(work);
      return;
    }
    this.wait(onError);
    // A thenable of another kind may throw, call back twice, or settle with a thenable again.
    const settled = (tell: () => void): void => {
      if (this.stopWaiting(onError)) {
        tell();
      }
    };
    Promise.resolve(work).then(
      (result) => settled(() => onResult(result)),
      (error: unknown) => settled(() => onError(error as Error)),
    );
  }

  private wait(onError: (error: Error) => void): void {
    if (this.waiting.size === 0) {
      const leftMs = Math.max(0, Math.ceil(this.endsAtMs - nowMs()));
      this.timer = setTimeout(() => this.end(), leftMs).unref();
    }
    this.waiting.add(onError);
  }

  /** Returns false when the reading was over before. */
  private stopWaiting(onError: (error: Error) => void): boolean {
    const isInTime = this.waiting.delete(onError);
    if (this.waiting.size === 0) {
      clearTimeout(this.timer);
    }
    return isInTime;
  }

  private end(): void {
    const late = [...this.waiting];
    this.waiting.clear();
    late.forEach((onError) => onError(new Error(`no answer within ${this.timeoutMs} ms`)));
  }

  /** What `read` answers for `key`, read once in this reading. */
  once<T>(key: object, read: () => Promise<T>): Promise<T> {
    const known = this.results.get(key) as Promise<T> | undefined;
    if (known !== undefined) {
      return known;
    }
    const result = read();
    this.results.set(key, result);
    return result;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { readonly then?: unknown }).then === 'function';
}
