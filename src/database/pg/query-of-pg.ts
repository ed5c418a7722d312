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

const copying = new WeakMap<object, boolean>();

/**
 * Whether pg copies a configuration before it adds a callback. Before 8.23 it writes the callback into the application's object:
 * the next `query()` with that object would return no promise.
 */
export function copiesConfiguration({ constructor: { Query } }: PgClient): boolean {
  if (typeof Query !== 'function') {
    return false;
  }
  let copies = copying.get(Query);
  if (copies === undefined) {
    const configuration = { text: '' };
    // Asks the class, for no version is known of an application's own. A `Query` that is not sent does nothing.
    void new Query(configuration, undefined, () => {});
    copies = !('callback' in configuration);
    copying.set(Query, copies);
  }
  return copies;
}
