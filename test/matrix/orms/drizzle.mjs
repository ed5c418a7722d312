import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core';
import { POOL, poolProvider } from './pool.mjs';
import { serveShop } from './shop.mjs';

const books = pgTable('book', {
  id: serial('id').primaryKey(),
  title: text('title').notNull(),
  authorId: integer('author_id').notNull(),
});

await serveShop({
  providers: [poolProvider, { provide: 'DRIZZLE', useFactory: (pool) => drizzle(pool), inject: [POOL] }],
  orm: 'DRIZZLE',
  operations: {
    list: async (db) => (await db.select().from(books).orderBy(books.id)).length,
    title: async (db, id) => (await db.select().from(books).where(eq(books.id, id)))[0]?.title,
    add: async (db) => (await db.insert(books).values({ title: 'New', authorId: 1 })).rowCount,
    transaction: async (db) => {
      await db.transaction((tx) => tx.update(books).set({ title: 'Changed' }).where(eq(books.id, 1)));
      return 'done';
    },
    fail: (db) => db.execute(sql`SELECT no_column FROM book`).catch((error) => error.cause.code),
  },
});
