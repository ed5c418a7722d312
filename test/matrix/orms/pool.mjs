import { Pool } from 'pg';

/** Token of the pool of pg under an ORM. */
export const POOL = Symbol('POOL');

export const poolProvider = {
  provide: POOL,
  useFactory: () => {
    const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 5 });
    // Nest calls hooks of whatever is a provider.
    return Object.assign(pool, { onApplicationShutdown: () => pool.end() });
  },
};
