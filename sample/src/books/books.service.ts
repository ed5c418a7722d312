import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Timed } from 'nestjs-hyper-metrics';
import { MoreThan, Repository } from 'typeorm';
import { AuthorsService } from '../authors/authors.service.js';
import { type Page, rowsOf } from '../common/page.pipe.js';
import { Book } from './book.entity.js';
import type { NewBook } from './new-book.pipe.js';

const BATCH_SIZE = 500;

@Timed()
@Injectable()
export class BooksService {
  constructor(
    @InjectRepository(Book) private readonly books: Repository<Book>,
    private readonly authors: AuthorsService,
  ) {}

  list(page: Page): Promise<Book[]> {
    return this.books.find({ order: { id: 'ASC' }, ...rowsOf(page) });
  }

  async listByAuthor(authorId: number): Promise<Book[]> {
    const author = await this.authors.get(authorId);
    return this.books.find({ where: { authorId: author.id }, order: { id: 'ASC' } });
  }

  /** All of them, by their ids: a batch stays as fast as the first, where an offset would get slower. */
  async *inBatches(): AsyncGenerator<Book[]> {
    let batch: Book[] = [];
    do {
      const lastId = batch.at(-1)?.id ?? 0;
      batch = await this.books.find({
        where: { id: MoreThan(lastId) },
        order: { id: 'ASC' },
        take: BATCH_SIZE,
      });
      yield batch;
    } while (batch.length === BATCH_SIZE);
  }

  /** With its author, by a join. */
  async get(id: number): Promise<Book> {
    const book = await this.books.findOne({ where: { id }, relations: { author: true } });
    if (book === null) throw new NotFoundException(`There is no book with the id ${id}.`);
    return book;
  }

  async add(book: NewBook): Promise<Book> {
    if (!(await this.authors.exists(book.authorId))) {
      throw new BadRequestException(`"authorId" names no author: ${book.authorId}.`);
    }
    return this.books.save(this.books.create(book));
  }
}
