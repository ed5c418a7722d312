import { nowMs } from '../core/stopwatch.js';

/**
 * One reading of a registry, which is over after a certain time, whatever its parts do: nobody waits longer for metrics of
 * other clients and for collectors, each by itself and all together.
 */
export class Reading {
  private readonly endsAtMs: number;
  private readonly results = new Map<object, Promise<unknown>>();

  constructor(private readonly timeoutMs: number) {
    this.endsAtMs = nowMs() + timeoutMs;
  }

  /** The result of `work`, or a rejection when the reading is over before. The timer does not hold the process. */
  async within<T>(work: T | PromiseLike<T>): Promise<T> {
    if (!isThenable(work)) {
      return work;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const leftMs = Math.max(0, Math.ceil(this.endsAtMs - nowMs()));
      timer = setTimeout(() => reject(new Error(`no answer within ${this.timeoutMs} ms`)), leftMs).unref();
    });
    try {
      // A thenable of another kind may throw, call back twice, or settle with a thenable again.
      return await Promise.race([Promise.resolve(work), late]);
    } finally {
      clearTimeout(timer);
    }
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
