import { nowMs } from '../core/stopwatch.js';

/**
 * One reading of a registry, which is over after a certain time, whatever its parts do: nobody waits longer for metrics of
 * other clients and for collectors, each by itself and all together.
 */
export class Reading {
  private readonly endsAtMs: number;
  private readonly results = new Map<object, Promise<unknown>>();
  /** What is waited for: one timer for all, as a registry may have thousands of metrics. */
  private readonly waiting = new Set<(error: Error) => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number) {
    this.endsAtMs = nowMs() + timeoutMs;
  }

  /** The result of `work`, or a rejection when the reading is over before. The timer does not hold the process. */
  async within<T>(work: T | PromiseLike<T>): Promise<T> {
    if (!isThenable(work)) {
      return work;
    }
    return new Promise<T>((resolve, reject) => {
      this.wait(reject);
      const settled = (settle: () => void): void => {
        this.waiting.delete(reject);
        if (this.waiting.size === 0) {
          clearTimeout(this.timer);
        }
        settle();
      };
      // A thenable of another kind may throw, call back twice, or settle with a thenable again.
      Promise.resolve(work).then(
        (value) => settled(() => resolve(value)),
        (error: unknown) => settled(() => reject(error as Error)),
      );
    });
  }

  private wait(reject: (error: Error) => void): void {
    if (this.waiting.size === 0) {
      const leftMs = Math.max(0, Math.ceil(this.endsAtMs - nowMs()));
      this.timer = setTimeout(() => this.end(), leftMs).unref();
    }
    this.waiting.add(reject);
  }

  private end(): void {
    const late = [...this.waiting];
    this.waiting.clear();
    late.forEach((reject) => reject(new Error(`no answer within ${this.timeoutMs} ms`)));
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
