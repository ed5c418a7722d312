import type { OwnConnection, Row } from '../source/query-source.interface.js';
import type { PgClient, PgPool } from './pg.interface.js';

/**
 * Does some work on a connection that is neither the pool's nor watched, with the pool's settings. When the time is over, its
 * socket is closed, whatever the server does.
 */
export async function withOwnConnection<T>(
  { Client, options }: PgPool,
  timeoutMs: number,
  work: (connection: OwnConnection) => Promise<T>,
): Promise<T> {
  if (Client === undefined) {
    throw new Error('The pool does not tell its class of clients.');
  }
  // Its very options: the password in them cannot be copied (it is not enumerable).
  const client = new Client(options);
  // What else goes wrong on this connection concerns nobody.
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
        client.query(text, values, (error: Error | null, result: { readonly rows: readonly Row[] }) =>
          error ? reject(error) : resolve(result.rows),
        );
      }),
  });
}
