import { NUMBERS, ROWS, type Shop } from './finding-shop.js';

/** What one unit of work does with its database. */
interface Situation {
  readonly what: string;
  readonly run: (shop: Shop) => Promise<unknown>;
}

/** The application repeats a read. */
export interface TrueSituation extends Situation {
  /** The fingerprint of each finding. */
  readonly reads: readonly RegExp[];
  /** How often each was sent; {@link ROWS} times unless it says so. */
  readonly times?: number;
  /** Drivers. */
  readonly only?: readonly string[];
}

/** It does not, though the same read of TypeORM, or of no table, is sent five times or more. */
export interface FalseSituation extends Situation {
  /** Where so: not on drivers that return what they have written. */
  readonly where?: 'drivers without RETURNING';
  readonly only?: readonly string[];
}

async function forEach(work: (number: number) => Promise<unknown>): Promise<void> {
  for (const number of NUMBERS) await work(number);
}

/** Drivers of servers: they stream, lock rows and have replicas. */
export const SERVERS: readonly string[] = ['pg', 'mysql2'];

export const TRUE_SITUATIONS: readonly TrueSituation[] = [
  {
    what: 'a lazy relation of each row',
    run: async ({ authors }) => {
      for (const author of await authors.find()) await author.books;
    },
    reads: [/FROM .book/],
  },
  {
    what: 'a lazy relation of all rows at once',
    run: async ({ books }) => Promise.all((await books.find()).map((book) => book.author)),
    reads: [/FROM .author/],
  },
  {
    what: 'findOneBy() with different values',
    run: ({ authors }) => forEach((id) => authors.findOneBy({ id })),
    reads: [/FROM .author/],
  },
  {
    what: 'find() by several columns, in a transaction',
    run: ({ dataSource, entities }) =>
      dataSource.transaction((manager) =>
        forEach((id) => manager.find(entities.invoice, { where: { total: id, note: 'none' } })),
      ),
    reads: [/FROM .invoice/],
  },
  {
    what: 'lists of keys of different lengths',
    run: ({ books, typeorm }) =>
      Promise.all(NUMBERS.map((id) => books.findBy({ id: typeorm.In(NUMBERS.slice(0, id)) }))),
    reads: [/FROM .book/],
  },
  {
    what: 'a query builder by key, in the words of TypeORM’s own reads',
    run: ({ writers }) => forEach((id) => writers.createQueryBuilder('writer').whereInIds([id]).getOne()),
    reads: [/FROM .writer/],
  },
  {
    what: 'findAndCount()',
    run: ({ books }) => forEach((id) => books.findAndCount({ where: { id }, take: 1 })),
    reads: [/SELECT .*FROM .book/, /SELECT COUNT\(.*FROM .book/],
  },
  {
    what: 'count() and exists()',
    run: ({ books }) =>
      forEach(async (id) => {
        await books.countBy({ id });
        await books.existsBy({ id });
      }),
    reads: [/COUNT\(/, /FROM .book/],
  },
  {
    what: 'raw statements with their values in the text',
    run: ({ dataSource }) => forEach((id) => dataSource.query(`SELECT title FROM book WHERE id = ${id}`)),
    reads: [/FROM book WHERE id = \?/],
  },
  {
    what: 'EXISTS without a FROM of its own',
    run: ({ dataSource }) =>
      forEach((id) => dataSource.query(`SELECT EXISTS (SELECT 1 FROM book WHERE id = ${id}) AS found`)),
    reads: [/EXISTS/],
  },
  {
    what: 'a common table expression',
    run: ({ dataSource }) =>
      forEach((id) =>
        dataSource.query(`WITH b AS (SELECT * FROM book WHERE id = ${id}) SELECT title FROM b`),
      ),
    reads: [/^WITH/],
  },
  {
    what: 'a query runner',
    run: async ({ dataSource }) => {
      const runner = dataSource.createQueryRunner();
      await forEach((id) => runner.query(`SELECT name FROM author WHERE id = ${id}`));
      await runner.release();
    },
    reads: [/FROM author/],
  },
  {
    what: 'preload()',
    run: ({ invoices }) => forEach((id) => invoices.preload({ id, total: 1 })),
    reads: [/FROM .invoice/],
  },
  {
    what: 'reads that lock their rows',
    only: SERVERS,
    run: ({ dataSource, entities }) =>
      dataSource.transaction((manager) =>
        forEach((id) =>
          manager.findOne(entities.book, { where: { id }, lock: { mode: 'pessimistic_write' } }),
        ),
      ),
    reads: [/FOR UPDATE/],
  },
  {
    what: 'streams',
    only: SERVERS,
    run: ({ books }) =>
      forEach(async (id) => {
        const stream = await books.createQueryBuilder('b').where('b.id = :id', { id }).stream();
        for await (const row of stream) void row;
      }),
    reads: [/FROM .book/],
  },
  {
    what: 'a cached find() that is not in the cache, and not the reads of the cache',
    run: ({ books }) => forEach((id) => books.find({ where: { id }, cache: true })),
    reads: [/FROM .book/],
  },
  {
    what: 'relations by further queries, for each row again',
    run: ({ articles }) =>
      forEach((id) =>
        articles.find({ where: { id }, relations: { person1: true }, relationLoadStrategy: 'query' }),
      ),
    reads: [/FROM .article/],
  },
  {
    what: 'the tree of each root',
    run: async (shop) => {
      const tree = shop.tree('section');
      for (const root of await tree.findRoots()) await tree.findDescendantsTree(root);
    },
    reads: [/FROM .section/],
  },
  {
    what: 'a subscriber that reads for each row that is saved',
    run: async ({ dataSource, entities, invoices }) => {
      const subscriber = {
        listenTo: () => 'invoice',
        beforeInsert: ({ manager }: { manager: typeof dataSource.manager }) =>
          manager.findBy(entities.writer, { name: 'writer 1' }),
        afterInsert: async ({ manager }: { manager: typeof dataSource.manager }) => {
          await Promise.resolve();
          await manager.createQueryBuilder(entities.author, 'a').where('a.id = 1').getMany();
        },
      };
      (dataSource.subscribers as unknown[]).push(subscriber);
      await invoices.save(NUMBERS.map((total) => ({ total }))).finally(() => dataSource.subscribers.pop());
    },
    reads: [/FROM .writer/, /FROM .author/],
  },
  {
    what: 'a read among TypeORM’s own of the same text, which are not counted',
    run: async ({ writers }) => {
      const writer = await writers.findOneByOrFail({ id: 1 });
      const read = () => writers.createQueryBuilder('writer').withDeleted().whereInIds([1]).getMany();
      await forEach(() => writers.save(writer));
      for (let number = 0; number < 3; number += 1) await read();
      await writers.save(writer);
      for (let number = 0; number < 2; number += 1) await read();
      await forEach(() => writers.save(writer));
    },
    reads: [/FROM .writer/],
    times: 5,
  },
];

export const FALSE_SITUATIONS: readonly FalseSituation[] = [
  {
    what: 'save() of several new rows',
    where: 'drivers without RETURNING',
    run: ({ invoices }) => invoices.save(NUMBERS.map((total) => ({ total }))),
  },
  {
    what: 'save() of one new row after the other',
    where: 'drivers without RETURNING',
    run: ({ invoices }) => forEach((total) => invoices.save({ total })),
  },
  {
    what: 'insert() of one row after the other, by repositories and query builders',
    where: 'drivers without RETURNING',
    run: ({ invoices }) =>
      forEach(async (total) => {
        await invoices.insert({ total });
        await invoices.createQueryBuilder().insert().values({ total }).execute();
      }),
  },
  {
    what: 'save() of rows that were changed',
    where: 'drivers without RETURNING',
    run: async ({ invoices }) => {
      const changed = await invoices.find();
      changed.forEach((invoice) => (invoice.total += 1));
      await invoices.save(changed);
    },
  },
  {
    what: 'save() of one changed row after the other, in a transaction',
    run: ({ dataSource, entities }) =>
      dataSource.transaction(async (manager) => {
        for (const invoice of await manager.find(entities.invoice)) {
          invoice.total += 1;
          await manager.save(entities.invoice, invoice);
        }
      }),
  },
  {
    what: 'save() of rows that have not changed, all at once',
    run: async ({ invoices }) => {
      await Promise.all((await invoices.find()).map((invoice) => invoices.save(invoice)));
    },
  },
  {
    what: 'save() of rows with their relations',
    run: async ({ articles, writers }) => {
      const article = await articles.findOneByOrFail({ id: 1 });
      const tags = await writers.find({ relations: { profile: true } });
      await forEach((number) => {
        tags.forEach((tag) => (tag.profile.text += number));
        return articles.save({ ...article, person1: tags[number - 1] as never, tags: tags.slice(0, number) });
      });
    },
  },
  {
    what: 'softRemove(), recover() and remove()',
    run: async ({ invoices }) => {
      for (const invoice of await invoices.save(NUMBERS.map((total) => ({ total })))) {
        await invoices.softRemove(invoice);
        await invoices.recover(invoice);
        await invoices.remove(invoice);
      }
    },
  },
  {
    what: 'children that are saved in trees',
    run: async (shop) => {
      for (const name of ['section', 'shelf', 'drawer'] as const) {
        const tree = shop.tree(name);
        const [parent] = await tree.findRoots();
        await forEach((number) => tree.save({ name: `child ${number}`, parent: parent! }));
      }
    },
  },
  {
    what: 'all trees at once',
    run: (shop) => shop.tree('section').findTrees(),
  },
  {
    what: 'cached find()s, six different ones',
    run: async ({ books, authors, writers, invoices, profiles, articles }) => {
      for (let number = 0; number < 2; number += 1) {
        for (const repository of [books, authors, writers, invoices, profiles, articles]) {
          await (repository as typeof books).find({
            cache: { id: repository.metadata.name, milliseconds: 60_000 },
          });
        }
      }
    },
  },
  {
    what: 'a find() that the cache answers',
    run: ({ books }) => forEach(() => books.find({ cache: 60_000 })),
  },
  {
    what: 'relations of a relation, by further queries',
    run: ({ articles }) =>
      articles.find({
        relations: Object.fromEntries(NUMBERS.map((number) => [`person${number}`, { profile: true }])),
        relationLoadStrategy: 'query',
      }),
  },
  {
    what: 'statements without a table',
    run: ({ dataSource }) => forEach((number) => dataSource.query(`SELECT ${number} AS number`)),
  },
  {
    what: 'functions',
    only: ['pg'],
    run: ({ dataSource }) =>
      forEach(async (number) => {
        await dataSource.query(`SELECT set_config('app.tenant', $1, false)`, [String(number)]);
        await dataSource.query(`SELECT pg_advisory_xact_lock($1)`, [number]);
        await dataSource.query(`SELECT n FROM generate_series(1, $1::int) n`, [number]);
        await dataSource.query(`SELECT now()`);
      }),
  },
  {
    what: 'writes in common table expressions',
    only: ['pg'],
    run: ({ dataSource }) =>
      forEach((number) =>
        dataSource.query(
          'WITH n AS (INSERT INTO profile (text) SELECT name FROM author WHERE id = $1 RETURNING *) SELECT * FROM n',
          [number],
        ),
      ),
  },
  {
    what: 'the database’s catalog',
    run: async ({ dataSource }) => {
      const runner = dataSource.createQueryRunner();
      await forEach(() => runner.hasTable('author'));
      await dataSource.synchronize();
      await runner.release();
    },
  },
  {
    what: 'four reads among TypeORM’s own of the same text',
    run: async ({ writers }) => {
      const writer = await writers.findOneByOrFail({ id: 1 });
      for (let number = 0; number < 4; number += 1) {
        await writers.save(writer);
        await writers.createQueryBuilder('writer').withDeleted().whereInIds([1]).getMany();
      }
      await forEach(() => writers.save(writer));
    },
  },
];

/** One text to several data sources, none of which gets it five times. */
export function oneTextToEach(shops: readonly Shop[]): Promise<unknown> {
  return Promise.all(
    shops.flatMap(({ authors }) => [authors.findBy({ id: 1 }), authors.findBy({ id: ROWS })]),
  );
}
