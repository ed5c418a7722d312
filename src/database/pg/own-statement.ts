import type { PgClient } from './pg.interface.js';
import { takesCallback } from './query-of-pg.js';

type Query = PgClient['query'];
type Callback = (error: unknown, result?: unknown) => void;

/**
 * Sends a statement of this library. Where `query()` of the application may only know promises, that of pg behind it is called. If there
 * is none, the first answer counts, of the callback or of the promise: a rejection that nothing handles would end the process.
 *
 * @param query - the method without the hook
 */
export function sendOwnStatement(
  client: PgClient,
  query: Query,
  text: string,
  values: readonly unknown[] | undefined,
  callback: Callback,
): void {
  let isAnswered = false;
  const answer: Callback = (error, result) => {
    if (!isAnswered) {
      isAnswered = true;
      callback(error, result);
    }
  };
  const args = values === undefined ? [text, answer] : [text, values, answer];
  const result = (queryOfPg(client, query) ?? query).apply(client, args);
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === 'function') {
    (result as PromiseLike<unknown>).then((rows) => answer(undefined, rows), answer);
  }
}

/** Returns the method of pg that a class or a patch of the application hides. */
function queryOfPg(client: PgClient, query: Query): Query | undefined {
  if (takesCallback(query)) {
    return query;
  }
  let holder: object | null = client;
  while (holder !== null) {
    const found: unknown = Reflect.getOwnPropertyDescriptor(holder, 'query')?.value;
    if (typeof found === 'function' && takesCallback(found as Query)) {
      return found as Query;
    }
    holder = Reflect.getPrototypeOf(holder);
  }
  return undefined;
}
