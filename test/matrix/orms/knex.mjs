import { createRequire } from 'node:module';
import knex from 'knex';
import { POOL, poolProvider } from './pool.mjs';
import { serveShop } from './shop.mjs';

const PostgresClient = createRequire(import.meta.url)('knex/lib/dialects/postgres/index.js');

/** Knex has pools of its own, which are not pg's. This client takes its connections from a pool of pg. */
function clientOf(pool) {
  return class PoolClient extends PostgresClient {
    async acquireRawConnection() {
      return pool.connect();
    }

    async destroyRawConnection(connection) {
      connection.release();
    }
  };
}

await serveShop({
  providers: [
    poolProvider,
    {
      provide: 'KNEX',
      useFactory: (pool) => {
        // Without `connection`, Knex makes no pool.
        const db = knex({ client: clientOf(pool), connection: {}, pool: { min: 0, max: 5 } });
        return Object.assign(db, { beforeApplicationShutdown: () => db.destroy() });
      },
      inject: [POOL],
    },
  ],
  orm: 'KNEX',
  operations: {
    list: async (db) => (await db('book').select('*').orderBy('id')).length,
    title: async (db, id) => (await db('book').where({ id }).first())?.title,
    add: async (db) => (await db('book').insert({ title: 'New', author_id: 1 }, ['id'])).length,
    transaction: async (db) => {
      await db.transaction((tx) => tx('book').where({ id: 1 }).update({ title: 'Changed' }));
      return 'done';
    },
    fail: (db) => db.raw('SELECT no_column FROM book').catch((error) => error.code),
  },
});
