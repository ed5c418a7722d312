import type { OwnConnection, Row } from '../source/query-source.interface.js';
import { sendOwnStatement } from './own-statement.js';
import type { PgClient, PgPool } from './pg.interface.js';

/**
 * Opens a connection with the pool's settings, outside of the pool and without a hook, and closes it after the work. At the
 * timeout its socket is destroyed.
 */
export async function withOwnConnection<T>(
  { Client, options }: PgPool,
  timeoutMs: number,
  work: (connection: OwnConnection) => Promise<T>,
): Promise<T> {
  if (Client === undefined) {
    throw new Error('The pool has no property `Client`.');
  }
  // The pool's own object: the password in it is not enumerable, and a copy would lack it.
  const client = new Client(options);
  // Without a listener, a later error would end the process.
  client.on('error', () => {});
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timeout = setTimeout(() => {
      client.connection?.stream?.destroy();
      reject(new Error(`The database did not answer within ${timeoutMs} ms.`));
    }, timeoutMs).unref();
  });
  try {
    return await Promise.race([late, workOn(client, work)]);
  } finally {
    clearTimeout(timeout);
    void client.end(() => {});
    client.connection?.stream?.destroySoon?.();
  }
}

async function workOn<T>(client: PgClient, work: (connection: OwnConnection) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve, reject) => {
    client.connect((error) => (error ? reject(error) : resolve()));
  });
  return work({
    processId: client.processID ?? null,
    query: (text, values) =>
      new Promise((resolve, reject) => {
        sendOwnStatement(client, client.query, text, values, (error, result) =>
          error ? reject(error) : resolve((result as { readonly rows: readonly Row[] }).rows),
        );
      }),
  });
}
