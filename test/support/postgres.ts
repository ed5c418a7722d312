import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';

/** The server that `DATABASE_URL` names, else an embedded one of the caller's own. */
export async function startPostgres(): Promise<EmbeddedPostgres> {
  const url = process.env['DATABASE_URL'];
  return url === undefined || url === '' ? startEmbeddedPostgres() : { url, stop: async () => {} };
}
