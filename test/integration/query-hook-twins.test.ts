import { createHook } from 'node:async_hooks';
import { Client, type Pool, type PoolClient, type PoolConfig } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PoolHealthChecker } from '../../src/database/health/pool-health-checker.js';
import { PoolHook } from '../../src/database/pg/pool-hook.js';
import { StatementCache } from '../../src/database/statement-cache/statement-cache.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import type { AnyQuery } from '../support/query-forms.js';
import { timeQueries } from '../support/timed-source.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A pool as the application has it without this library, and one with. */
function openTwins(options: PoolConfig = {}) {
  const [bare, hooked] = [
    openPool(server.url, { max: 1, ...options }),
    openPool(server.url, { max: 1, ...options }),
  ];
  const timed = timeQueries(hooked);
  closing.push(
    () => Promise.all([bare.end(), hooked.end()]),
    () => timed.timer.uninstall(),
  );
  return { bare, hooked, ...timed };
}

async function withClient<T>(pool: Pool, use: (client: PoolClient) => Promise<T> | T): Promise<T> {
  const client = await pool.connect();
  try {
    return await use(client);
  } finally {
    client.release();
  }
}

/** Runs the same with both, from the same line. */
async function both<T>({ bare, hooked }: ReturnType<typeof openTwins>, run: (pool: Pool) => Promise<T>) {
  const outcomes: T[] = [];
  for (const pool of [bare, hooked]) outcomes.push(await run(pool));
  const [expected, actual] = outcomes as [T, T];
  return { expected, actual };
}

const BROKEN: readonly (readonly [form: string, send: (client: PoolClient) => Promise<unknown>])[] = [
  ['a text', (client) => client.query('SELECT 1 / 0')],
  ['a text with values', (client) => client.query('SELECT 1 / $1::int', [0])],
  ['a configuration', (client) => client.query({ text: 'SELECT 1 / $1::int', values: [0] })],
  ['a name', (client) => client.query({ name: 'broken', text: 'SELECT 1 / $1::int', values: [0] })],
  ['a value that cannot be sent', (client) => client.query('SELECT $1', [{ toPostgres: refuse }])],
  [
    'a configuration with a time limit',
    (client) => client.query(Object.assign({ text: 'SELECT pg_sleep(0.2)' }, { query_timeout: 20 })),
  ],
];

function refuse(): never {
  throw new RangeError('This cannot be sent.');
}

describe.each(BROKEN)('the error of %s', (_form, send) => {
  it('has the stack that it has without a hook, but for the driver’s own frame', async () => {
    const { expected, actual } = await both(openTwins(), (pool) =>
      withClient(pool, async (client) => {
        async function theCaller(): Promise<unknown> {
          return await send(client);
        }
        const error = await theCaller().catch((failure: Error) => failure);
        // What runs the microtasks depends on what else is due.
        return (error as Error).stack?.split('\n').filter((line) => !line.includes('(node:')) ?? [];
      }),
    );
    const own = expected.findIndex((line) => /^ +at /.test(line));
    expect(actual.toSpliced(own, 1)).toEqual(expected.toSpliced(own, 1));
    expect(expected.join()).toContain('theCaller');
  });

  it('is reported once when nothing handles it, with the promise that the application has', async () => {
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const reported: [unknown, unknown][] = [];
    process.on('unhandledRejection', (reason, promise) => void reported.push([reason, promise]));
    try {
      const { expected, actual } = await both(openTwins(), (pool) =>
        withClient(pool, async (client) => {
          const promise = send(client);
          await client.query('SELECT 1');
          await new Promise(setImmediate);
          return reported.splice(0).map(([reason, rejected]) => [String(reason), rejected === promise]);
        }),
      );
      expect(actual).toEqual(expected);
      expect(expected).toEqual([[expect.any(String), true]]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      others.forEach((other) => process.on('unhandledRejection', other));
    }
  });
});

it('settles in the same turn of the microtask queue', async () => {
  const { expected, actual } = await both(openTwins(), (pool) =>
    withClient(pool, async (client) => {
      const order: string[] = [];
      // Before pg's own listener, which settles the promise.
      (client as unknown as { connection: NodeJS.EventEmitter }).connection.prependOnceListener(
        'readyForQuery',
        () => {
          let step = Promise.resolve();
          for (let number = 1; number <= 8; number += 1) {
            step = step.then(() => void order.push(`turn ${number}`));
          }
        },
      );
      const answers = [client.query('SELECT 1').then(() => order.push('the first'))];
      answers.push(client.query('SELECT 2').then(() => order.push('the second')));
      await Promise.all(answers);
      return order;
    }),
  );
  expect(actual).toEqual(expected);
  expect(expected).toEqual(expect.arrayContaining(['turn 1', 'the first', 'the second']));
});

it.each<[string, (client: PoolClient) => Promise<unknown>]>([
  ['a text', (client) => client.query('SELECT 1')],
  ['a text with values', (client) => client.query('SELECT $1::int', [1])],
  ['a configuration', (client) => client.query({ text: 'SELECT 1' })],
])('makes no promise more for %s', async (_form, send) => {
  const { expected, actual } = await both(openTwins(), (pool) =>
    withClient(pool, async (client) => {
      let promises = 0;
      const counting = createHook({
        init: (_id, type) => void (promises += type === 'PROMISE' ? 1 : 0),
      }).enable();
      const answer = send(client);
      counting.disable();
      await answer;
      return promises;
    }),
  );
  expect(actual).toBe(expected);
  expect(expected).toBeGreaterThan(0);
});

it('returns promises of the class that the application has chosen', async () => {
  class OwnPromise<T> extends Promise<T> {}
  const twins = openTwins({ Promise: OwnPromise });
  const { expected, actual } = await both(twins, (pool) =>
    withClient(pool, async (client) => {
      const answer = client.query('SELECT 1 AS a');
      return [answer instanceof OwnPromise, (await answer).rows];
    }),
  );
  expect(actual).toEqual(expected);
  expect(expected).toEqual([true, [{ a: 1 }]]);
});

describe('a `query` of the application, which knows promises only', () => {
  class Rows extends Client {
    // As many write it: without a thought of callbacks.
    override query(...args: unknown[]): never {
      return this.rowsOf(args) as never;
    }

    private async rowsOf([text, values]: unknown[]): Promise<unknown> {
      const result = (await (super.query as AnyQuery)(text, values)) as { rows: readonly object[] };
      return result.rows.map((row) => ({ ...row, text: typeof text }));
    }
  }

  let rejections: unknown[];
  const listen = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => {
    rejections = [];
    process.on('unhandledRejection', listen);
  });
  afterEach(() => {
    process.removeListener('unhandledRejection', listen);
  });

  it('gets what the application sends, is answered, timed, and never named', async () => {
    const twins = openTwins({ Client: Rows });
    const logged: string[] = [];
    const logger = { log: () => {}, warn: (message: string) => void logged.push(message) };
    const cache = new StatementCache(twins.hooked, {}, logger).install();
    closing.push(() => cache.uninstall());
    const { expected, actual } = await both(twins, (pool) =>
      withClient(pool, async (client) => [
        await client.query('SELECT $1::int AS a', [1]),
        await client.query('SELECT $1::int AS a', [2]),
        await client.query('SELECT 1 / 0').catch((error: Error) => error.message),
      ]),
    );
    expect(actual).toEqual(expected);
    expect(expected).toEqual([[{ a: 1, text: 'string' }], [{ a: 2, text: 'string' }], 'division by zero']);
    expect(await twins.counted()).toEqual({ operations: { select: 3 }, errors: { '22': 1 }, inFlight: 0 });
    expect(cache.getStats()).toMatchObject({ hits: 0, misses: 0 });
    expect(logged.join()).toContain('`query` method of the application');
    expect(rejections).toEqual([]);
  });
});

it('a `query` of the application that knows promises only is no obstacle to health checks and own connections', async () => {
  class Rows extends Client {
    override async query(...args: unknown[]): Promise<never> {
      return ((await (super.query as AnyQuery)(args[0], args[1])) as { rows: never }).rows;
    }
  }
  const pool = openPool(server.url, { max: 2, Client: Rows });
  closing.push(() => pool.end());
  const checker = new PoolHealthChecker(pool, { timeoutMs: 20_000 });
  // On a connection of its own, then on one of two idle ones.
  expect(await checker.check()).toMatchObject({ healthy: true, failures: 0 });
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  clients.forEach((client) => client.release());
  expect(await checker.check()).toMatchObject({ healthy: true, failures: 0 });
  const [own] = PoolHook.of(pool as never).pools();
  expect(await own?.withOwnConnection(20_000, (connection) => connection.query('SELECT 1 AS a'))).toEqual([
    { a: 1 },
  ]);
});

describe('a class that is patched later', () => {
  const { query } = Client.prototype;
  afterEach(() => {
    Client.prototype.query = query;
  });
  const TEXT = 'SELECT 2 AS a';
  /** Patches the class for statements with the text; the statement cache of an earlier test may still ask its server. */
  const patch = (patched: (this: Client, ...args: unknown[]) => unknown, marks = {}): void => {
    const patchedForText = function patchedForText(this: Client, ...args: unknown[]): unknown {
      return (args[0] === TEXT ? patched : (query as AnyQuery)).apply(this, args);
    };
    Client.prototype.query = Object.assign(patchedForText, marks) as never;
  };

  it('by an instrumentation gets a callback, as from `pool.query()`', async () => {
    const { hooked, counted } = openTwins();
    await hooked.query('SELECT 1');
    const seen: unknown[] = [];
    patch(
      function instrumented(this: Client, ...args: unknown[]) {
        seen.push(args[0], typeof args.at(-1));
        return (query as AnyQuery).apply(this, args);
      },
      // As shimmer marks what it wraps.
      { __original: query },
    );
    expect((await withClient(hooked, (client) => client.query(TEXT))).rows).toEqual([{ a: 2 }]);
    expect(seen).toEqual([TEXT, 'function']);
    expect(await counted()).toEqual({ operations: { select: 2 }, errors: {}, inFlight: 0 });
  });

  it('by the application gets what the application sends, and its answer', async () => {
    const { hooked, counted } = openTwins();
    await hooked.query('SELECT 1');
    const seen: unknown[] = [];
    patch(async function logged(this: Client, ...args: unknown[]) {
      const result = (await (query as AnyQuery).apply(this, args)) as { readonly rowCount: number };
      seen.push(args.length, result.rowCount);
      return result;
    });
    expect((await withClient(hooked, (client) => client.query(TEXT))).rows).toEqual([{ a: 2 }]);
    expect(seen).toEqual([1, 1]);
    expect(await counted()).toEqual({ operations: { select: 2 }, errors: {}, inFlight: 0 });
  });
});
