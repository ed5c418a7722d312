import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { type PoolClient, Query, type QueryConfig } from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { CopyTo } from './copy-to.js';

/** A way to send statements, and what is to be counted of them. */
export interface QueryForm {
  readonly name: string;
  /** Answers with whatever the application sees. */
  readonly run: (client: PoolClient) => Promise<unknown>;
  readonly operations: Readonly<Record<string, number>>;
  readonly errors?: Readonly<Record<string, number>>;
}

/** `client.query` without pg's overloads, for what they do not allow. */
export type AnyQuery = (...args: unknown[]) => unknown;

/** What is returned, and what a callback gets, each time. */
function called(send: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const calls: unknown[][] = [];
    const returned = send((...args) => {
      if (calls.push(args.map(errorFields)) === 1) {
        setImmediate(() => resolve({ calls, returned }));
      }
    });
  });
}

const SELECT = 'SELECT n, n::text AS t, ARRAY[n] AS a, now() IS NULL AS b FROM generate_series(1, 3) n';
const ROWS = 'SELECT i FROM generate_series(1, 1000) i';
const FAILS_AT_500 = 'SELECT 1 / (500 - i) AS q FROM generate_series(1, 1000) i';
const one = { select: 1 } as const;

const promises: QueryForm[] = [
  { name: 'a text', run: (client) => client.query(SELECT), operations: one },
  {
    name: 'a text and values',
    run: (client) => client.query('SELECT $1::int + 1 AS a', [1]),
    operations: one,
  },
  { name: 'a configuration', run: (client) => client.query({ text: SELECT }), operations: one },
  {
    name: 'a configuration with values',
    run: (client) => client.query({ text: 'SELECT $1::text AS a', values: ['x'] }),
    operations: one,
  },
  {
    name: 'a configuration and values',
    run: (client) => client.query({ text: 'SELECT $1::text AS a' }, ['x']),
    operations: one,
  },
  {
    name: 'a configuration, twice',
    run: async (client) => {
      const config = { text: 'SELECT $1::text AS a', values: ['x'] };
      return [await client.query(config), await client.query(config), config];
    },
    operations: { select: 2 },
  },
  {
    name: 'a configuration and values, twice',
    run: async (client) => {
      const config = { text: 'SELECT $1::text AS a' };
      return [await client.query(config, ['x']), await client.query(config, ['y']), config];
    },
    operations: { select: 2 },
  },
  {
    name: 'a frozen configuration, twice',
    run: async (client) => {
      const config = Object.freeze({ text: 'SELECT 1 AS a' });
      return [await client.query(config), await client.query(config)];
    },
    operations: { select: 2 },
  },
  {
    name: 'a named statement, twice',
    run: async (client) => [
      await client.query({ name: 'by-number', text: 'SELECT $1::int AS a', values: [1] }),
      await client.query({ name: 'by-number', text: 'SELECT $1::int AS a', values: [2] }),
    ],
    operations: { select: 2 },
  },
  {
    name: 'rows as arrays',
    run: (client) => client.query({ text: SELECT, rowMode: 'array' }),
    operations: one,
  },
  {
    name: 'binary parameters',
    run: (client) => client.query('SELECT $1::bytea AS a', [Buffer.from([0, 1, 255])]),
    operations: one,
  },
  {
    name: 'several statements in one text',
    run: (client) =>
      client.query('SELECT 1 AS a; CREATE TEMP TABLE several (a int); INSERT INTO several VALUES (1)'),
    operations: one,
  },
  { name: 'an empty text', run: (client) => client.query(''), operations: { other: 1 } },
  { name: 'a comment', run: (client) => client.query('-- nothing'), operations: { other: 1 } },
  {
    name: 'a text of 10 MB',
    run: async (client) =>
      (await client.query<{ n: number }>(`SELECT length('${'x'.repeat(1e7)}') AS n`)).rows,
    operations: one,
  },
  {
    name: 'several statements at once',
    run: (client) => Promise.all([1, 2, 3].map((n) => client.query('SELECT $1::int AS n', [n]))),
    operations: { select: 3 },
  },
  {
    name: 'a transaction',
    run: async (client) => [
      await client.query('BEGIN'),
      await client.query('CREATE TEMP TABLE kept (a int) ON COMMIT DROP'),
      await client.query('INSERT INTO kept VALUES (1), (2)'),
      await client.query('UPDATE kept SET a = a + 1'),
      await client.query('WITH gone AS (SELECT 2 AS a) DELETE FROM kept USING gone WHERE kept.a = gone.a'),
      await client.query('COMMIT'),
    ],
    operations: { transaction: 2, ddl: 1, insert: 1, update: 1, delete: 1 },
  },
];

const callbacks: QueryForm[] = [
  {
    name: 'a text and a callback',
    run: (client) => called((callback) => client.query(SELECT, callback)),
    operations: one,
  },
  {
    name: 'a text, values and a callback',
    run: (client) => called((callback) => client.query('SELECT $1::int AS a', [1], callback)),
    operations: one,
  },
  {
    name: 'a text, no values and a callback',
    run: (client) =>
      called((callback) => (client.query as AnyQuery).call(client, 'SELECT 1', undefined, callback)),
    operations: one,
  },
  {
    name: 'a configuration and a callback',
    run: (client) => called((callback) => client.query({ text: SELECT }, callback)),
    operations: one,
  },
  {
    name: 'a configuration, values and a callback',
    run: (client) =>
      called((callback) =>
        (client.query as AnyQuery).call(client, { text: 'SELECT $1::int AS a' }, [1], callback),
      ),
    operations: one,
  },
  {
    name: 'a configuration with a callback',
    run: (client) =>
      called((callback) => (client.query as AnyQuery).call(client, { text: SELECT, callback })),
    operations: one,
  },
  {
    name: 'a frozen configuration with a callback',
    run: (client) =>
      called((callback) =>
        (client.query as AnyQuery).call(client, Object.freeze({ text: SELECT, values: [], callback })),
      ),
    operations: one,
  },
  {
    name: 'a failing text and a callback',
    run: (client) => called((callback) => client.query('SELEC 1', callback)),
    operations: { other: 1 },
    errors: { '42': 1 },
  },
];

const submittables: QueryForm[] = [
  {
    name: 'a Query with a callback',
    run: (client) =>
      called((callback) => {
        client.query(new Query(SELECT, callback));
      }),
    operations: one,
  },
  {
    name: 'a Query and a callback',
    run: (client) =>
      called((callback) => {
        (client.query as AnyQuery).call(client, new Query(SELECT), callback);
      }),
    operations: one,
  },
  {
    name: 'a Query with listeners',
    run: (client) =>
      new Promise((resolve, reject) => {
        const rows: unknown[] = [];
        const query = client.query(new Query(SELECT));
        query.on('row', (row) => rows.push(row));
        query.on('end', (result) => resolve({ rows, result }));
        query.on('error', reject);
      }),
    operations: one,
  },
  {
    name: 'a failing Query with listeners',
    run: (client) =>
      new Promise((_resolve, reject) => {
        client.query(new Query('SELECT 1 / 0')).on('error', reject);
      }),
    operations: one,
    errors: { '22': 1 },
  },
  {
    name: 'a cursor read to its end',
    run: async (client) => {
      const cursor = client.query(new Cursor(ROWS));
      const reads = [await cursor.read(300), await cursor.read(1000), await cursor.read(1)];
      await cursor.close();
      return reads;
    },
    operations: one,
  },
  {
    name: 'a cursor closed before its end',
    run: async (client) => {
      const cursor = client.query(new Cursor(ROWS));
      const rows = await cursor.read(3);
      await cursor.close();
      return [rows, await client.query('SELECT 1 AS a')];
    },
    operations: { select: 2 },
  },
  {
    name: 'a cursor of a failing text',
    run: (client) => client.query(new Cursor('SELECT * FROM missing')).read(1),
    operations: one,
    errors: { '42': 1 },
  },
  {
    name: 'a cursor that fails half-way',
    run: async (client) => {
      const cursor = client.query(new Cursor(FAILS_AT_500));
      const first = await cursor.read(100);
      const error: unknown = await cursor.read(1000).catch((failure: unknown) => failure);
      return [first, errorFields(error), await client.query('SELECT 1 AS a')];
    },
    operations: { select: 2 },
    errors: { '22': 1 },
  },
  {
    name: 'a stream',
    run: async (client) => await client.query(new QueryStream(ROWS, [], { batchSize: 50 })).toArray(),
    operations: one,
  },
  {
    name: 'a stream that is destroyed half-way',
    run: async (client) => {
      const rows: unknown[] = [];
      for await (const row of client.query(new QueryStream(ROWS, [], { batchSize: 10 }))) {
        rows.push(row);
        if (rows.length === 15) {
          break;
        }
      }
      return [rows, await client.query('SELECT 1 AS a')];
    },
    operations: { select: 2 },
  },
  {
    name: 'a stream that fails half-way',
    run: (client) => client.query(new QueryStream(FAILS_AT_500, [], { batchSize: 50 })).toArray(),
    operations: one,
    errors: { '22': 1 },
  },
  {
    name: 'a stream whose reader fails',
    run: async (client) => {
      const sink = new Writable({
        objectMode: true,
        write: (_row, _encoding, done) => done(new Error('The reader is full.')),
      });
      await pipeline(client.query(new QueryStream(ROWS, [], { batchSize: 10 })), sink);
    },
    operations: one,
  },
  {
    name: 'a COPY',
    run: (client) => client.query(new CopyTo('COPY (SELECT 1, 2) TO STDOUT')).lines,
    operations: { other: 1 },
  },
  {
    name: 'a failing COPY',
    run: (client) => client.query(new CopyTo('COPY missing TO STDOUT')).lines,
    operations: { other: 1 },
    errors: { '42': 1 },
  },
];

const errors: QueryForm[] = [
  {
    name: 'a wrong text',
    run: (client) => client.query('SELEC 1'),
    operations: { other: 1 },
    errors: { '42': 1 },
  },
  {
    name: 'a broken constraint',
    run: async (client) => {
      await client.query('CREATE TEMP TABLE once (a int PRIMARY KEY)');
      await client.query('INSERT INTO once VALUES (1)');
      const failure: unknown = await client
        .query('INSERT INTO once VALUES (1)')
        .catch((error: unknown) => error);
      // Temporary tables of each connection have a schema of their own.
      return { ...(errorFields(failure) as object), schema: '' };
    },
    operations: { ddl: 1, insert: 2 },
    errors: { '23': 1 },
  },
  {
    name: 'a value that the server refuses',
    run: (client) => client.query('SELECT $1::int', ['x']),
    operations: one,
    errors: { '22': 1 },
  },
  {
    name: 'too few values',
    run: (client) => client.query('SELECT $1::int, $2::int', [1]),
    operations: one,
    errors: { '08': 1 },
  },
  {
    name: 'a value that cannot be sent',
    run: (client) => client.query('SELECT $1::text', [unsendable]),
    operations: one,
    errors: { client: 1 },
  },
  {
    name: 'a value that cannot be sent, of a Query',
    // The callback is called again at the query's end.
    run: async (client) => [
      await called((callback) => void client.query(new Query('SELECT $1::text', [unsendable], callback))),
      await client.query('SELECT 1 AS a'),
    ],
    operations: { select: 2 },
    errors: { client: 1 },
  },
  {
    name: 'values that are no array',
    run: async (client) => await (client.query as AnyQuery).call(client, 'SELECT $1', 'x'),
    operations: one,
    errors: { client: 1 },
  },
  {
    name: 'neither a text nor a name',
    run: async (client) => await (client.query as AnyQuery).call(client, {}),
    operations: { other: 1 },
    errors: { client: 1 },
  },
  {
    name: 'no query at all',
    run: async (client) => await (client.query as AnyQuery).call(client, null),
    operations: { other: 1 },
    errors: { client: 1 },
  },
  {
    name: 'a callback that is none',
    run: async (client) => await (client.query as AnyQuery).call(client, 'SELECT 1', [], 'callback'),
    operations: one,
    errors: { client: 1 },
  },
  {
    name: 'a row that cannot be read',
    run: (client) => client.query({ text: SELECT, types: unreadable }),
    operations: one,
    errors: { client: 1 },
  },
  {
    name: 'a row that cannot be read, of a Query',
    run: (client) =>
      called((callback) => void client.query(new Query({ text: SELECT, types: unreadable }, callback))),
    operations: one,
    errors: { client: 1 },
  },
  {
    name: 'the driver’s time limit',
    run: async (client) => {
      const late: QueryConfig & { query_timeout: number } = {
        text: 'SELECT pg_sleep(0.1)',
        query_timeout: 20,
      };
      const failure: unknown = await client.query(late).catch((error: unknown) => error);
      return [errorFields(failure), await client.query('SELECT 1 AS a')];
    },
    operations: { select: 2 },
    errors: { timeout: 1 },
  },
  {
    name: 'the driver’s time limit, of a Query',
    run: (client) => {
      const late: QueryConfig & { query_timeout: number } = {
        text: 'SELECT pg_sleep(0.1)',
        query_timeout: 20,
      };
      return called((callback) => void client.query(Object.assign(new Query(late, callback), late)));
    },
    operations: one,
    errors: { timeout: 1 },
  },
  {
    name: 'the server’s time limit',
    run: async (client) => {
      await client.query('SET statement_timeout = 20');
      await client.query('SELECT pg_sleep(1)');
    },
    operations: { other: 1, select: 1 },
    errors: { '57': 1 },
  },
];

const unsendable = {
  toPostgres(): never {
    throw new RangeError('This cannot be sent.');
  },
};

const unreadable = {
  getTypeParser: () => () => {
    throw new RangeError('This cannot be read.');
  },
};

/** Those that need no class of pg, and are alike in all versions. */
export const PLAIN_QUERY_FORMS = [...promises, ...callbacks];

export const QUERY_FORMS = [...PLAIN_QUERY_FORMS, ...submittables, ...errors];

/** All that an error tells but its stack. */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, constructor } = error;
  return Object.assign({}, error, withoutSession(error), { name, message, class: constructor });
}

/** Messages name the schema of a session's temporary tables, whose number has one digit or more. */
function withoutSession({ schema }: Error & { readonly schema?: string }): object {
  return schema?.startsWith('pg_temp_') === true ? { schema: 'pg_temp', length: 0 } : {};
}
