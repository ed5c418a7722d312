import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { MetricsService } from 'nestjs-hyper-metrics';
import { serveShop } from './shop.mjs';

const Book = new EntitySchema({
  name: 'Book',
  tableName: 'book',
  properties: {
    id: { type: 'number', primary: true },
    title: { type: 'string' },
    authorId: { type: 'number', fieldName: 'author_id' },
  },
});

await serveShop({
  providers: [
    {
      provide: MikroORM,
      useFactory: async (metrics) => {
        const orm = await MikroORM.init({
          clientUrl: process.env.DATABASE_URL,
          entities: [Book],
          pool: { min: 0, max: 5 },
          // MikroORM makes the pool with its first connection.
          driverOptions: { onPoolCreated: (pool) => metrics.instrument(pool, 'mikro-orm') },
          allowGlobalContext: true,
        });
        // Otherwise the first request connects, and its queries are not seen as those of a request.
        await orm.connect();
        return Object.assign(orm, { onApplicationShutdown: () => orm.close() });
      },
      inject: [MetricsService],
    },
  ],
  orm: MikroORM,
  operations: {
    list: async ({ em }) => (await em.fork().find(Book, {}, { orderBy: { id: 'asc' } })).length,
    title: async ({ em }, id) => (await em.fork().findOne(Book, { id }))?.title,
    add: async ({ em }) => {
      await em.fork().insert(Book, { title: 'New', authorId: 1 });
      return 1;
    },
    transaction: async ({ em }) => {
      await em.fork().transactional((tx) => tx.nativeUpdate(Book, { id: 1 }, { title: 'Changed' }));
      return 'done';
    },
    fail: ({ em }) =>
      em
        .fork()
        .execute('SELECT no_column FROM book')
        .catch((error) => error.code),
  },
});
