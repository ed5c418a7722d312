import { Deadline } from '../core/tool/deadline.js';

/** The deadline of one gather, which its collectors and foreign metrics share, and what was read once for all families of it. */
export class GatherDeadline extends Deadline {
  private readonly results = new Map<object, Promise<unknown>>();

  /** Returns what `read` returned for `key` when it was first called in this gather. */
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
