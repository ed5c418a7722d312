import { nowMs } from '../../core/tool/stopwatch.js';
import type { NamedStatement } from '../source/query-source.interface.js';
import type { PgClient } from './pg.interface.js';

type Callback = (...args: unknown[]) => unknown;
type Query = PgClient['query'];

/**
 * Sends a text with values under its name, if it has one, and tells of its end. When the name is to blame for its failure, it
 * is sent again as it was, before whatever waits on that connection.
 *
 * @param send - pg's `query`
 * @param args - text, values and the application's callback; without one, a promise is returned
 */
export function sendNamed(
  client: PgClient,
  send: Query,
  named: NamedStatement,
  args: readonly unknown[],
): unknown {
  const text = args[0];
  const values = args[1];
  const callback = args[2];
  if (typeof callback === 'function') {
    return sendWithCallback(client, send, named, text, values, callback as Callback);
  }
  // By a callback here, too: a promise would tell of the failure only after the next statement was sent.
  return new (client._Promise ?? Promise)((resolve, reject) => {
    sendWithCallback(client, send, named, text, values, (error, result) => {
      if (error) {
        reject(error);
      } else {
        resolve(result);
      }
    });
  }).catch((error: unknown) => {
    // As pg does it: the stack leads to whoever sent the statement.
    Error.captureStackTrace(error as object);
    throw error;
  });
}

function sendWithCallback(
  client: PgClient,
  send: Query,
  named: NamedStatement,
  text: unknown,
  values: unknown,
  callback: Callback,
): unknown {
  const startedAtMs = nowMs();
  function ended(this: unknown, error: unknown, result: unknown): void {
    if (named.ended(nowMs() - startedAtMs, error ?? undefined)) {
      sendFirst(client, () => send.call(client, text, values, callback));
    } else {
      callback.call(this, error, result);
    }
  }
  const { name } = named;
  if (name === undefined) {
    return send.call(client, text, values, ended);
  }
  const { Query } = client.constructor;
  if (typeof Query !== 'function') {
    return send.call(client, { name, text, values }, ended);
  }
  // pg copies a configuration property by property, which takes longer than all else here.
  const query = new Query(text, values, ended);
  query.name = name;
  send.call(client, query);
  // As pg does with a callback; of a `Query` it returns that.
  return undefined;
}

/** What waits was sent after it: it comes after it again. */
function sendFirst({ _queryQueue: queue }: PgClient, send: () => unknown): void {
  const waiting = queue?.length ?? 0;
  send();
  if (queue !== undefined && waiting > 0 && queue.length === waiting + 1) {
    queue.unshift(queue.pop());
  }
}
