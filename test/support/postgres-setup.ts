import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server on which each file has a database of its own. */
    postgresUrl: string;
  }
}

/** Starts the PostgreSQL server that the files of a project share, unless `DATABASE_URL` names one. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'] ?? '';
  const { url, stop } = given === '' ? await startEmbeddedPostgres() : { url: given, stop: async () => {} };
  project.provide('postgresUrl', url);
  return stop;
}
