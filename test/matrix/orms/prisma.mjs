import { PrismaPg } from '@prisma/adapter-pg';
import prisma from './generated/index.js';
import { POOL, poolProvider } from './pool.mjs';
import { serveShop } from './shop.mjs';

await serveShop({
  providers: [
    poolProvider,
    {
      provide: 'PRISMA',
      useFactory: (pool) => new prisma.PrismaClient({ adapter: new PrismaPg(pool) }),
      inject: [POOL],
    },
  ],
  orm: 'PRISMA',
  operations: {
    list: async (db) => (await db.book.findMany({ orderBy: { id: 'asc' } })).length,
    title: async (db, id) => (await db.book.findUnique({ where: { id } }))?.title,
    add: async (db) => (await db.book.createMany({ data: [{ title: 'New', authorId: 1 }] })).count,
    transaction: async (db) => {
      await db.$transaction((tx) => tx.book.updateMany({ where: { id: 1 }, data: { title: 'Changed' } }));
      return 'done';
    },
    fail: (db) =>
      db.$queryRaw`SELECT no_column FROM book`.catch(
        (error) => error.meta.driverAdapterError.cause.originalCode,
      ),
  },
});
