import { once } from 'node:events';
import { Client, type Pool, type PoolClient, type PoolConfig } from 'pg';
import { poll } from '../../sample/src/common/poll.js';
import type { StatementCacheOptions } from '../../src/options/database-options.interface.js';
import { ClientStatements } from '../../src/database/pg/client-statements.js';
import type { PgClient, PgPool } from '../../src/database/pg/pg.interface.js';
import { StatementCache } from '../../src/index.js';
import { openPool } from './open-pool.js';
import { until } from './watched-database.js';

export const WARM_UP = 'SELECT $1::int AS warm_up';

/** Warnings, instead of a console. */
export class WarningLog {
  readonly warnings: string[] = [];
  warn(message: string): void {
    this.warnings.push(message);
  }
  log(): void {}
}

export interface CachedPool {
  readonly pool: Pool;
  readonly cache: StatementCache;
  readonly log: WarningLog;
}

/** A pool of one connection whose statements are named from the first use on, unless options say otherwise. */
export async function cachedPool(
  url: string,
  options: StatementCacheOptions = {},
  poolOptions: PoolConfig = {},
): Promise<CachedPool> {
  const pool = openPool(url, { max: 1, ...poolOptions });
  const log = new WarningLog();
  const cache = new StatementCache(pool, { minUses: 1, ...options }, log).install();
  await untilNaming(cache, () => pool.query(WARM_UP, [1]));
  return { pool, cache, log };
}

/** It names nothing before it knows that no pooler is in between. */
export async function untilNaming(cache: StatementCache, query: () => Promise<unknown>): Promise<void> {
  await until('statements are named', async () => {
    await query();
    return cache.getStats().misses > 0;
  });
}

/** Names of a cache's statements on one connection. */
export interface PreparedNames {
  /** That the server has, as it says itself. Asked as the application would ask: what is to be closed is closed first. */
  readonly server: readonly string[];
  readonly driver: readonly string[];
  readonly cache: readonly string[];
}

export async function preparedOn(client: PoolClient, cache: StatementCache): Promise<PreparedNames> {
  if (!ClientStatements.of(client as unknown as PgClient).isIdle) {
    // The end of a statement that failed can come later than its error.
    await once(client, 'drain');
  }
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM pg_prepared_statements WHERE name LIKE 'hm\\_%'",
  );
  const { connection } = client as unknown as PgClient;
  return {
    server: rows.map(({ name }) => name).toSorted(),
    driver: Object.keys(connection?.parsedStatements ?? {})
      .filter((name) => name.startsWith('hm_'))
      .toSorted(),
    cache: cachedNames(client, cache),
  };
}

/** What the cache believes that a connection has. */
export function cachedNames(client: unknown, cache: StatementCache): string[] {
  const connection = ClientStatements.of(client as PgClient);
  return [...cache['namers']]
    .flatMap((namer) => [...(namer['connections'].get(connection)?.statements['statements'].keys() ?? [])])
    .toSorted();
}

/** All of them, on every connection of a pool that nobody has; each is checked out for it, one after the other. */
export async function preparedIn(pool: Pool, cache: StatementCache): Promise<PreparedNames[]> {
  const clients = await Promise.all(
    Array.from({ length: (pool as unknown as PgPool).totalCount }, () => pool.connect()),
  );
  try {
    return await Promise.all(clients.map((client) => preparedOn(client, cache)));
  } finally {
    clients.forEach((client) => client.release());
  }
}

/** What is wrong; nothing when server, driver and cache agree on every connection, and the cache counts what there is. */
export async function disagreements(pool: Pool, cache: StatementCache): Promise<unknown[]> {
  const found = await preparedIn(pool, cache);
  const entries = found.reduce((sum, { server }) => sum + server.length, 0);
  // A connection that is being closed counts until it is.
  await poll(() => cache.getStats().entries === entries, { timeoutMs: 60_000, intervalMs: 5 });
  const counted = cache.getStats().entries;
  return [
    ...found.filter(disagree),
    ...(counted === entries ? [] : [`${counted} entries, and the server has ${entries}`]),
  ];
}

/** As {@link disagreements}, for after a test. */
export async function assertAgreement(pool: Pool, cache: StatementCache): Promise<void> {
  const found = await disagreements(pool, cache);
  if (found.length > 0) {
    throw new Error(`Server, driver and cache disagree: ${JSON.stringify(found)}`);
  }
}

export function disagree({ server, driver, cache }: PreparedNames): boolean {
  return `${server.join()}|${driver.join()}` !== `${cache.join()}|${cache.join()}`;
}

/** The rows, or the error's code. */
export async function answerOf(query: Promise<{ readonly rows: readonly unknown[] }>): Promise<unknown> {
  return query.then(
    ({ rows }) => rows,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
}

/** One statement on a connection that nobody hooks. */
export async function aside(url: string, ...texts: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const text of texts) {
      await client.query(text);
    }
  } finally {
    await client.end();
  }
}
