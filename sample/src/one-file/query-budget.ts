import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { assertQueries, HyperMetricsTestingModule } from 'nestjs-hyper-metrics/testing';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
class Book {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') title!: string;
}

@Controller('books')
class BooksController {
  constructor(@InjectRepository(Book) private readonly books: Repository<Book>) {}

  @Get()
  list(): Promise<Book[]> {
    return this.books.find();
  }

  @Get('one-by-one')
  async listOneByOne(): Promise<(Book | null)[]> {
    const books = await this.list();
    return Promise.all(books.map(({ id }) => this.books.findOneBy({ id })));
  }
}

let app: INestApplication;
let url: string;

before(async () => {
  // A database in memory. With yours, the statements are those that it gets in production.
  const database = TypeOrmModule.forRoot({ type: 'sqljs', entities: [Book], synchronize: true });
  const imports = [database, TypeOrmModule.forFeature([Book]), HyperMetricsTestingModule.forRoot()];
  const module = await Test.createTestingModule({ imports, controllers: [BooksController] }).compile();
  app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/books`;
  const books = module.get<Repository<Book>>('BookRepository');
  await books.save(['Emma', 'Persuasion', 'Sanditon'].map((title) => books.create({ title })));
});

after(() => app.close());

void test('the list is one query, however many books there are', async () => {
  const response = await assertQueries(app, { exactly: 1 }, () => fetch(url));
  assert.equal(((await response.json()) as unknown[]).length, 3);
});

void test('a list that asks for each book breaks its budget, and the failure names the line', async () => {
  const failing = assertQueries(app, { atMost: 2 }, () => fetch(`${url}/one-by-one`));
  await assert.rejects(failing, /sent 4 queries; expected: at most 2[^]* from \S+:\d+:\d+/);
});
