import type { Pool } from 'pg';
import { errorFields, type QueryForm } from './query-forms.js';

/** What the application sees of a form of query, on a connection of its own. */
export async function queryOutcome(pool: Pool, run: QueryForm['run']): Promise<unknown> {
  const client = await pool.connect();
  try {
    return { value: await run(client) };
  } catch (error) {
    return { error: errorFields(error) };
  } finally {
    client.release();
  }
}
