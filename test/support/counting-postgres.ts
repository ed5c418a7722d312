import { Client } from 'pg';
import { ControlledPostgres } from './controlled-postgres.js';

/** Calls by the statement's text, as the server counts them: constants are placeholders, failed statements are missing. */
export type StatementCounts = Readonly<Record<string, number>>;

/** A PostgreSQL server that counts statements, with one database for each application. */
export class CountingPostgres {
  private constructor(private readonly server: ControlledPostgres) {}

  static async start(): Promise<CountingPostgres> {
    const server = await ControlledPostgres.start();
    await server.query("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    await server.shutDown();
    await server.startAgain();
    await server.query('CREATE EXTENSION pg_stat_statements');
    return new CountingPostgres(server);
  }

  /** @returns the URL of a new database, with the data of another one if that is named. */
  async createDatabase(name: string, template = 'template0'): Promise<string> {
    await this.server.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    return this.urlOf(name);
  }

  urlOf(database: string): string {
    const url = new URL(this.server.url);
    url.pathname = database;
    return url.href;
  }

  /** Executes statements in a database of the server, and returns the rows of a single one. */
  async execute<Row>(url: string, statements: string): Promise<Row[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(statements)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** From here on {@link counts} counts. */
  async reset(): Promise<void> {
    await this.server.query('SELECT pg_stat_statements_reset()');
  }

  /** Of one database; asked for from another one, so that the question is not in it. */
  async counts(database: string): Promise<StatementCounts> {
    const rows = await this.server.query<{ query: string; calls: number }>(
      `SELECT query, sum(calls)::int AS calls
         FROM pg_stat_statements(true) JOIN pg_database ON pg_database.oid = dbid
        WHERE datname = $1 GROUP BY query ORDER BY query`,
      [database],
    );
    return Object.fromEntries(rows.map(({ query, calls }) => [query, calls]));
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
