import type { Pool, PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { queriesOf } from '../../src/testing.js';
import { lineAt } from '../support/line-at.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let pool: Pool;
beforeAll(async () => {
  server = await startPostgres();
});
beforeEach(() => {
  pool = openPool(server.url, { max: 1 });
});
afterEach(() => pool.end());
afterAll(() => server.stop());

/** Takes the only connection, lets `wait` wait for it, and releases it. Returns the lines that sent queries. */
async function linesOf(wait: () => Promise<unknown>): Promise<readonly (string | undefined)[]> {
  const queries = await queriesOf(pool, async () => {
    const holder = await pool.connect();
    const waiting = wait();
    release(holder);
    await waiting;
  });
  return queries.map(({ location }) => location && lineAt(location)?.trim());
}

function release(holder: PoolClient): void {
  holder.release(); // place of the release
}

it('locates a query that waited for a connection where it was sent, and not where the connection was released', async () => {
  const wait = (): Promise<unknown> => {
    return pool.query('SELECT 1'); // place of the query
  };
  expect(await linesOf(wait)).toEqual([expect.stringContaining('// place of the query')]);
});

it('locates a query in the callback of a request that waited', async () => {
  const wait = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      pool.connect((error, client, done) => {
        if (client === undefined) {
          reject(error);
          return;
        }
        client.query('SELECT 1', (failure: unknown, result: unknown) => {
          done();
          if (failure) {
            reject(failure);
          } else {
            resolve(result);
          }
        });
      });
    });
  expect(await linesOf(wait)).toEqual(["client.query('SELECT 1', (failure: unknown, result: unknown) => {"]);
});

it('locates a query after an awaited request that waited', async () => {
  const wait = async (): Promise<unknown> => {
    const client = await pool.connect();
    try {
      return await client.query('SELECT 1'); // place after the await
    } finally {
      client.release();
    }
  };
  expect(await linesOf(wait)).toEqual([expect.stringContaining('// place after the await')]);
});
