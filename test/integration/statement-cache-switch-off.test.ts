import type { Client, Pool, PoolConfig } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatementCache } from '../../src/index.js';
import { answerOf, aside, untilNaming, WarningLog } from '../support/cached-statements.js';
import { openPool } from '../support/open-pool.js';
import { startPostgres } from '../support/postgres.js';
import { until, WatchedDatabases } from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const TEXT = 'SELECT $1::int AS n';
const INACTIVE = 'The statement cache is inactive: ';

/** What stays of pg's clients in another driver or an older version. */
function without(...properties: readonly (keyof Client | 'connection')[]): (client: Client) => void {
  return (client) =>
    properties.forEach((property) => Object.defineProperty(client, property, { value: undefined }));
}

async function named(pool: Pool): Promise<unknown> {
  const text = 'SELECT count(*)::int AS n FROM pg_prepared_statements';
  return (await pool.query<{ n: number }>(text)).rows[0]?.n;
}

describe('names nothing, and says so once', () => {
  it.each<readonly [string, PoolConfig, (client: Client) => void, string]>([
    [
      'with a version of pg that does not tell of transactions',
      {},
      without('getTransactionStatus'),
      'pg is older than 8.21; update it.',
    ],
    [
      'with a driver that keeps its connection to itself',
      {},
      (client) => {
        const { connection } = client as unknown as {
          connection: { close: unknown; parsedStatements: unknown };
        };
        // pg needs its own; ours is not to find what it needs.
        Object.defineProperty(connection, 'close', { value: undefined });
      },
      'the driver is not the JavaScript one of pg (pg-native is not supported).',
    ],
    [
      'in pipeline mode',
      { pipeline: true },
      () => {},
      'the connections are in pipeline mode; leave out the option `pipeline`.',
    ],
  ])('%s', async (_, options, change, reason) => {
    const pool = openPool(server.url, { max: 3, ...options });
    pool.on('connect', (client) => change(client as unknown as Client));
    const log = new WarningLog();
    const cache = new StatementCache(pool, { minUses: 1 }, log).install();
    for (let round = 0; round < 20; round += 1) {
      const answers = [1, 2, 3, 4].map((n) => answerOf(pool.query(TEXT, [n])));
      expect(await Promise.all(answers)).toEqual([1, 2, 3, 4].map((n) => [{ n }]));
    }
    expect(log.warnings).toEqual([INACTIVE + reason]);
    expect(cache.getStats()).toMatchObject({ hits: 0, misses: 0, entries: 0 });
    expect(await named(pool)).toBe(0);
    cache.uninstall();
    expect(await answerOf(pool.query(TEXT, [1]))).toEqual([{ n: 1 }]);
    await pool.end();
  });

  it('of an application, whose families are there, at 0', async () => {
    const pool = openPool(server.url, { max: 1, pipeline: true });
    const app = await WatchedDatabases.of([pool], { statementCache: true });
    for (let n = 0; n < 5; n += 1) {
      await pool.query(TEXT, [n]);
    }
    const scrape = await app.scrape();
    for (const name of ['hits_total', 'misses_total', 'evictions_total', 'entries', 'hit_rate']) {
      expect(scrape(`stmt_cache_${name}`)).toBe(0);
    }
    await app.close();
    await pool.end();
  });
});

describe('as long as it is not known whether a pooler is in between', () => {
  it('names nothing and says so once; when the server answers, it names', async () => {
    await aside(
      server.url,
      'DROP ROLE IF EXISTS one_connection',
      "CREATE ROLE one_connection LOGIN PASSWORD 'one' CONNECTION LIMIT 1",
    );
    const url = new URL(server.url);
    url.username = 'one_connection';
    url.password = 'one';
    const pool = openPool(url.href, { max: 1 });
    const client = await pool.connect();
    const log = new WarningLog();
    const cache = new StatementCache(pool, { minUses: 1 }, log).install();
    await until('it has failed to ask', async () => {
      expect(await answerOf(client.query(TEXT, [1]))).toEqual([{ n: 1 }]);
      return log.warnings.length > 0;
    });
    expect(log.warnings).toEqual([
      `${INACTIVE}the check for a connection pooler failed (too many connections for role "one_connection"); next try in 30 s.`,
    ]);
    expect(cache.getStats().misses).toBe(0);
    await aside(server.url, 'ALTER ROLE one_connection CONNECTION LIMIT 2');
    cache.uninstall();
    cache.install();
    await untilNaming(cache, () => client.query(TEXT, [1]));
    client.release();
    await pool.end();
    await aside(server.url, 'DROP ROLE one_connection');
  });

  it('a logger that throws fails no statement', async () => {
    const pool = openPool(server.url, { max: 1, pipeline: true });
    const log = {
      log() {},
      warn() {
        throw new Error('The disk is full.');
      },
    };
    const cache = new StatementCache(pool, { minUses: 1 }, log).install();
    expect(await answerOf(pool.query(TEXT, [1]))).toEqual([{ n: 1 }]);
    cache.uninstall();
    await pool.end();
  });
});
