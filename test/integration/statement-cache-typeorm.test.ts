import 'reflect-metadata';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StatementCache } from '../../src/index.js';
import { disagreements, untilNaming, WarningLog } from '../support/cached-statements.js';
import { startPostgres } from '../support/postgres.js';
import { until } from '../support/watched-database.js';
import { type Author, type Book, entitiesOf, TYPEORM_VERSIONS } from '../support/typeorm-versions.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe.each(TYPEORM_VERSIONS)('TypeORM %s', (_, typeorm) => {
  const { author, book, all } = entitiesOf(typeorm);
  let source: DataSource;
  let plain: DataSource;
  let cache: StatementCache;

  const newSource = (poolSize: number): DataSource =>
    new typeorm.DataSource({ type: 'postgres', url: server.url, entities: all, poolSize });
  const poolOf = ({ driver }: DataSource): Pool => (driver as unknown as { master: Pool }).master;
  const byId = (of: DataSource, id: number) => of.getRepository<Author>(author).findOneBy({ id });
  const agree = async () => expect(await disagreements(poolOf(source), cache)).toEqual([]);

  beforeEach(async () => {
    plain = await newSource(1).initialize();
    await plain.synchronize(true);
    source = await newSource(2).initialize();
    cache = new StatementCache(source, {}, new WarningLog()).install();
    await source.getRepository<Author>(author).save([
      { name: 'Ende', books: [{ title: 'Momo' } as Book, { title: 'Jim Knopf' } as Book] },
      { name: 'Lem', books: [{ title: 'Solaris' } as Book] },
    ]);
    await untilNaming(cache, () => byId(source, 1));
  });
  afterEach(async () => {
    await source.destroy();
    await plain.destroy();
  });

  const reads: readonly (readonly [string, (of: DataSource) => Promise<unknown>])[] = [
    ['findOneBy()', (of) => byId(of, 1)],
    [
      'findOne() with relations',
      (of) => of.getRepository<Author>(author).findOne({ where: { id: 1 }, relations: { books: true } }),
    ],
    ['find() with In()', (of) => of.getRepository<Book>(book).find({ where: { id: typeorm.In([1, 2]) } })],
    [
      'a query builder',
      (of) =>
        of
          .getRepository<Book>(book)
          .createQueryBuilder('b')
          .leftJoinAndSelect('b.author', 'a')
          .where('a.name = :name', { name: 'Ende' })
          .orderBy('b.id')
          .getMany(),
    ],
    [
      'findAndCount()',
      (of) => of.getRepository<Author>(author).findAndCount({ take: 1, where: { name: 'Lem' } }),
    ],
    ['query()', (of) => of.query('SELECT name FROM author WHERE id = $1', [2])],
  ];
  it.each(reads)('%s reads the same with names and without', async (_name, read) => {
    const expected = await read(plain);
    for (let n = 0; n < 8; n += 1) {
      expect(await read(source)).toEqual(expected);
    }
    expect(cache.getStats().hits).toBeGreaterThan(0);
    await agree();
  });

  it('writes in transactions, those that are rolled back leave nothing, errors are the same', async () => {
    const write = (of: DataSource, name: string, fails = false): Promise<unknown> =>
      of
        .transaction(async (manager) => {
          const saved = await manager.save(author, { name } as Author);
          await manager.update(author, { id: saved.id }, { name: `${name}!` });
          if (fails) {
            throw new RangeError('rolled back');
          }
        })
        .catch((error: { code?: string; message: string }) => error.code ?? error.message);
    for (let n = 0; n < 4; n += 1) {
      expect(await write(source, `Author ${n}`)).toBeUndefined();
      expect(await write(source, `Lost ${n}`, true)).toBe('rolled back');
      // The name is unique.
      expect(await write(source, 'Ende')).toBe('23505');
      expect(await write(plain, 'Ende')).toBe('23505');
    }
    const names = (await plain.getRepository<Author>(author).find({ order: { id: 'ASC' } })).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['Ende', 'Lem', 'Author 0!', 'Author 1!', 'Author 2!', 'Author 3!']);
    await agree();
  });

  it('many at once on one query runner: all are answered, in order', async () => {
    const runner = source.createQueryRunner();
    const ids = Array.from({ length: 50 }, (_unused, index) => index);
    const answers = await Promise.all(
      ids.map((id) => runner.query('SELECT $1::int AS id', [id]) as Promise<[{ id: number }]>),
    );
    expect(answers.map(([{ id }]) => id)).toEqual(ids);
    await runner.release();
    await agree();
  });

  it('streams between named statements', async () => {
    const runner = source.createQueryRunner();
    await runner.query('SELECT $1::int AS a', [1]);
    await runner.query('SELECT $1::int AS a', [1]);
    const stream = await runner.stream('SELECT * FROM generate_series(1, $1::int) i', [5]);
    expect(await stream.toArray()).toHaveLength(5);
    expect(await runner.query('SELECT $1::int AS a', [2])).toEqual([{ a: 2 }]);
    await runner.release();
    await agree();
  });

  it('a column that is added and a migration that fails, while it reads', async () => {
    const read = () => Promise.all([byId(source, 1), byId(source, 2)]);
    const expected = await read();
    for (let n = 0; n < 5; n += 1) {
      await plain.query(`ALTER TABLE author ADD note_${n} text`);
      expect(await read()).toEqual(expected);
      const seen: unknown[] = [];
      const migration = source.transaction(async (manager) => {
        await manager.query(`ALTER TABLE author DROP COLUMN note_${n}`);
        seen.push(await manager.findOneBy(author, { id: 1 }));
        throw new RangeError('rolled back');
      });
      await expect(migration).rejects.toThrow('rolled back');
      expect(seen).toEqual([expected[0]]);
      expect(await read()).toEqual(expected);
    }
    await agree();
  });

  it('destroyed and initialised again, it names on the new connections', async () => {
    await source.destroy();
    await until('nothing is left', () => cache.getStats().entries === 0);
    for (let n = 0; n < 3; n += 1) {
      await source.initialize();
      const { misses } = cache.getStats();
      while (cache.getStats().misses === misses) {
        await byId(source, 1);
      }
      await agree();
      expect(cache['namers'].size).toBe(1);
      await source.destroy();
      await until('nothing is left', () => cache.getStats().entries === 0);
    }
    await source.initialize();
  });
});
