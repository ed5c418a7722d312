import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { Client } from 'pg';

/** A schema of the sample's own, because TypeORM alters the tables it synchronises. */
export const SCHEMA = 'hyper_metrics_bookshop';
/** Small, so that it can be seen to be full. */
const POOL_SIZE = 5;

/** The application knows one thing about its database: `DATABASE_URL`. */
export async function createDatabaseOptions(): Promise<TypeOrmModuleOptions> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('DATABASE_URL is not set; "npm start" sets it.');
  await createSchema(url);
  return {
    type: 'postgres',
    url,
    schema: SCHEMA,
    applicationName: 'bookshop',
    poolSize: POOL_SIZE,
    autoLoadEntities: true,
    synchronize: true,
    retryAttempts: 1,
  };
}

/** TypeORM creates tables, but not the schema they are in. */
async function createSchema(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  } finally {
    await client.end();
  }
}
