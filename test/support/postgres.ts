import { randomUUID } from 'node:crypto';
import { Client, type DatabaseError } from 'pg';
import { inject } from 'vitest';
import type { EmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import './postgres-setup.js';

/** Of PostgreSQL: the database has had connections for five seconds. */
const OBJECT_IN_USE = '55006';

/** Creates an empty database on the server that all test files share; `stop()` drops it, with its connections. */
export async function startPostgres(): Promise<EmbeddedPostgres> {
  const url = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(url, `CREATE DATABASE ${name}`);
  return {
    url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
    stop: async () => {
      try {
        // PostgreSQL waits for connections that are being closed: terminating those is an error in the process that closes them.
        await administer(url, `DROP DATABASE IF EXISTS ${name}`);
      } catch (error) {
        if ((error as DatabaseError).code !== OBJECT_IN_USE) throw error;
        await administer(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
