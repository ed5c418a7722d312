import type { PgClient } from './pg.interface.js';

type Query = PgClient['query'];

/** Where shimmer, with which OpenTelemetry and others instrument classes, keeps the function that it wraps. */
interface Wrapper {
  readonly __original?: unknown;
}

/** The queue of statements, in the code of `query()` of every pg (8.5 to 8.23), `pg-native` included. */
const QUEUE = /queryQueue\b/;

const known = new WeakMap<Query, boolean>();

/**
 * Whether `query()` takes a callback in place of returning a promise: that of pg does, instrumented or not, because
 * `pool.query()` gives it callbacks. That of an application may only know promises, where it subclasses or patches pg's class.
 */
export function takesCallback(query: Query): boolean {
  let takes = known.get(query);
  if (takes === undefined) {
    const { __original: wrapped } = query as Wrapper;
    takes =
      typeof wrapped === 'function'
        ? takesCallback(wrapped as Query)
        : QUEUE.test(Function.prototype.toString.call(query));
    known.set(query, takes);
  }
  return takes;
}
