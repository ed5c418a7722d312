import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DataSource, Repository } from 'typeorm';
import { FingerprintCache } from '../../src/database/sql/query-fingerprint.js';
import { startPostgres } from '../support/postgres.js';
import { StatementLog } from '../support/statement-log.js';
import { type Author, type Book, entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';

const AUTHORS = 20;

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** What TypeORM sends is what it is: texts of its own making, and not of a test's. */
describe.each(TYPEORM_VERSIONS)(
  'reads and writes of TypeORM %s that differ in their values',
  (version, typeorm) => {
    const entities = entitiesOf(typeorm);
    let dataSource: DataSource;
    let authors: Repository<Author>;
    let books: Repository<Book>;
    let sent: StatementLog;

    beforeAll(async () => {
      dataSource = await new typeorm.DataSource({
        type: 'postgres',
        url: server.url,
        schema: `version_${version.replace(/\W/g, '_')}`,
        entities: entities.all,
      }).initialize();
      await dataSource.query(
        `CREATE SCHEMA IF NOT EXISTS "${(dataSource.options as { schema: string }).schema}"`,
      );
      await dataSource.synchronize(true);
      authors = dataSource.getRepository(entities.author);
      books = dataSource.getRepository(entities.book);
      for (let number = 1; number <= AUTHORS; number += 1) {
        await authors.save({ name: `author ${number}`, books: [{ title: 'a' }, { title: 'b' }] as Book[] });
      }
    });
    afterAll(() => dataSource.destroy());
    beforeEach(() => {
      sent = new StatementLog();
    });
    afterEach(() => sent.stop());

    const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

    const CASES: readonly (readonly [string, (number: number) => Promise<unknown>])[] = [
      ['findOneBy()', (number) => authors.findOneBy({ id: number })],
      ['findOneBy() by text', (number) => authors.findOneBy({ name: `it's author ${number}` })],
      ['In() of 1 to n', (number) => authors.findBy({ id: typeorm.In(ids(number)) })],
      ['skip and take', (number) => authors.find({ order: { id: 'ASC' }, skip: number, take: number })],
      [
        'limit and offset',
        (number) => authors.createQueryBuilder('a').orderBy('a.id').limit(number).offset(number).getMany(),
      ],
      [
        'findOne() with relations',
        (number) => authors.findOne({ where: { id: number }, relations: { books: true } }),
      ],
      [
        'take with relations',
        (number) => authors.find({ order: { id: 'ASC' }, skip: 1, take: number, relations: { books: true } }),
      ],
      [
        "relationLoadStrategy 'query'",
        (number) =>
          authors.find({
            where: { id: typeorm.In(ids(number)) },
            relations: { books: true },
            relationLoadStrategy: 'query',
          }),
      ],
      [
        'insert() of 1 to n rows',
        (number) => books.insert(ids(number).map((id) => ({ title: `${id}`, author: { id } }))),
      ],
      [
        'an INSERT with defaults',
        (number) =>
          books.insert(
            ids(number).map((id) => (id % 2 === 0 ? { title: 'x' } : { title: 'x', author: { id } })),
          ),
      ],
      ['update()', (number) => books.update({ id: number }, { title: `title ${number}` })],
      ['delete()', (number) => books.delete(ids(number + 1).map((id) => id + 100_000))],
      ['count()', (number) => books.countBy({ author: { id: number } })],
      ['existsBy()', (number) => books.existsBy({ author: { id: number } })],
      [
        'numbers in a text',
        (number) =>
          dataSource.query(`SELECT ${number} AS a, -${number} * 1.5e${number} AS b, '${number}' AS c`),
      ],
    ];

    it.each(CASES)('have equal fingerprints: %s', async (_name, run) => {
      const fingerprints = new FingerprintCache();
      const fingerprintsOf = async (number: number): Promise<string[]> => {
        sent.texts.length = 0;
        await run(number);
        expect(sent.texts.length).toBeGreaterThan(0);
        return sent.texts.map((text) => fingerprints.of(text));
      };
      const first = await fingerprintsOf(1);
      for (const number of [2, 3, 7, AUTHORS]) {
        expect(await fingerprintsOf(number)).toEqual(first);
      }
      expect(first.join('\n')).not.toMatch(/\d{2,}|\$\d|'/);
    });

    it('of other tables and columns have fingerprints of their own', async () => {
      const fingerprints = new FingerprintCache();
      await authors.findOneBy({ id: 1 });
      await authors.findOneBy({ name: 'x' });
      await books.findOneBy({ id: 1 });
      expect(new Set(sent.texts.map((text) => fingerprints.of(text))).size).toBe(3);
    });
  },
);
