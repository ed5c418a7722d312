import { Pool, type PoolConfig } from 'pg';

/** A pool that outlives its server: the end of idle connections is no error of a test. */
export function openPool(url: string, options: PoolConfig = {}): Pool {
  return new Pool({ connectionString: url, max: 2, ...options }).on('error', () => {});
}
