import { Counted, InFlight, Timed } from '../../src/index.js';

/** A fresh class for each test, recorded in every way: its method returns, or throws, what the function gives. */
export function createWork<T>(give: () => T): { work(): T } {
  class Work {
    @Timed()
    @Counted()
    @InFlight()
    work(): T {
      return give();
    }
  }
  return new Work();
}

/** All that an iteration gives, to its end. */
export async function valuesOf<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) {
    values.push(value);
  }
  return values;
}
