import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { loadBetterSqlite3 } from './better-sqlite3.js';
import { findMissingMariaDb, startMariaDb } from './mariadb-server.js';
import { startPostgres } from './postgres.js';

/** Where data sources of one driver can be opened. */
export interface Databases {
  /** Each with tables of its own. */
  create(name: string): Promise<DataSourceOptions>;
  stop(): Promise<void>;
}

/** Those of PostgreSQL and MariaDB are real servers. */
export const DATABASES: readonly (readonly [driver: string, start: () => Promise<Databases>])[] = [
  ['pg', postgres],
  ['mysql2', mariaDb],
  ['better-sqlite3', betterSqlite3],
  ['sql.js', async () => ({ create: () => Promise.resolve({ type: 'sqljs' }), stop: async () => {} })],
];

/** Starts them; in CI all, elsewhere without those that cannot be had: then the reason is printed. */
export async function startUnlessMissing(start: () => Promise<Databases>): Promise<Databases | undefined> {
  try {
    return await start();
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.warn(`Skipped: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function postgres(): Promise<Databases> {
  const { url, stop } = await startPostgres();
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const created: string[] = [];
  return {
    create: async (name) => {
      const database = `${name}_${process.pid}`;
      await admin.query(`CREATE DATABASE ${database}`);
      created.push(database);
      return { type: 'postgres', url: Object.assign(new URL(url), { pathname: `/${database}` }).href };
    },
    stop: async () => {
      for (const database of created) await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
      await stop();
    },
  };
}

async function mariaDb(): Promise<Databases> {
  const missing = findMissingMariaDb();
  if (missing !== undefined) throw new Error(missing);
  const { url, stop } = await startMariaDb();
  return {
    create: async (name) => {
      const admin = await createConnection(url);
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      return { type: 'mysql', url: Object.assign(new URL(url), { pathname: `/${name}` }).href };
    },
    stop,
  };
}

async function betterSqlite3(): Promise<Databases> {
  const driver = await loadBetterSqlite3();
  return {
    create: () => Promise.resolve({ type: 'better-sqlite3', database: ':memory:', driver }),
    stop: async () => {},
  };
}
