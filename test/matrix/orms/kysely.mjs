import { Kysely, PostgresDialect, sql } from 'kysely';
import { POOL, poolProvider } from './pool.mjs';
import { serveShop } from './shop.mjs';

await serveShop({
  providers: [
    poolProvider,
    {
      provide: Kysely,
      useFactory: (pool) => new Kysely({ dialect: new PostgresDialect({ pool }) }),
      inject: [POOL],
    },
  ],
  orm: Kysely,
  operations: {
    list: async (db) => (await db.selectFrom('book').selectAll().orderBy('id').execute()).length,
    title: async (db, id) =>
      (await db.selectFrom('book').select('title').where('id', '=', id).executeTakeFirst())?.title,
    add: async (db) =>
      Number(
        (await db.insertInto('book').values({ title: 'New', author_id: 1 }).executeTakeFirst())
          .numInsertedOrUpdatedRows,
      ),
    transaction: async (db) => {
      await db
        .transaction()
        .execute((tx) => tx.updateTable('book').set({ title: 'Changed' }).where('id', '=', 1).execute());
      return 'done';
    },
    fail: (db) => sql`SELECT no_column FROM book`.execute(db).catch((error) => error.code),
  },
});
