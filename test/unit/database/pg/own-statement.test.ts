import { Client } from 'pg';
import { expect, it, vi } from 'vitest';
import { sendOwnStatement } from '../../../../src/database/pg/own-statement.js';
import type { PgClient } from '../../../../src/database/pg/pg.interface.js';

type Query = PgClient['query'];

/** Sends with a method of a client, and returns the calls of the callback. */
async function answersTo(
  query: Query,
  client = { query } as unknown as PgClient,
): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  sendOwnStatement(client, query, 'SELECT 1', undefined, (error, result) => {
    answers.push(error ?? result);
  });
  await new Promise(setImmediate);
  return answers;
}

const failure = new Error('broken');

it.each<[string, Query, unknown]>([
  ['takes a callback', (_text, callback) => (callback as (...args: unknown[]) => void)(null, 'rows'), 'rows'],
  ['knows promises only', async () => 'rows', 'rows'],
  ['rejects', async () => Promise.reject(failure), failure],
  [
    'does both',
    async (_text, callback) => {
      (callback as (...args: unknown[]) => void)(failure);
      throw failure;
    },
    failure,
  ],
])('an own statement is answered once by a method that %s', async (_what, query, answer) => {
  expect(await answersTo(query)).toEqual([answer]);
});

it('an own statement goes to the method of pg behind a subclass that knows promises only, and no further', async () => {
  const override = vi.fn(async () => Promise.reject(failure));
  class Subclass extends Client {
    override query = override as never;
  }
  class Overridden extends Client {
    override query(): never {
      return override() as never;
    }
  }
  for (const Class of [Subclass, Overridden]) {
    const client = new Class() as unknown as PgClient & { _queryable: boolean };
    client._queryable = false;
    expect(await answersTo(client.query, client)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('not queryable') }),
    ]);
  }
  expect(override).not.toHaveBeenCalled();
});

it('throws what a method throws at once', () => {
  const query: Query = () => {
    throw failure;
  };
  expect(() => sendOwnStatement({ query } as unknown as PgClient, query, 'SELECT 1', [], () => {})).toThrow(
    failure,
  );
});
