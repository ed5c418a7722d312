import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AuthorsService } from '../authors/authors.service.js';
import type { Page } from '../common/page.pipe.js';
import { Book } from './book.entity.js';
import type { NewBook } from './new-book.pipe.js';

export interface BookPage extends Page {
  readonly total: number;
  readonly books: Book[];
}

@Injectable()
export class BooksService {
  constructor(
    @InjectRepository(Book) private readonly books: Repository<Book>,
    private readonly authors: AuthorsService,
  ) {}

  async list({ page, pageSize }: Page): Promise<BookPage> {
    const [books, total] = await this.books.findAndCount({
      relations: { author: true },
      order: { id: 'ASC' },
      skip: (page - 1) * pageSize,
      take: pageSize,
    });
    return { page, pageSize, total, books };
  }

  async listByAuthor(authorId: number): Promise<Book[]> {
    const author = await this.authors.get(authorId);
    return this.books.find({ where: { authorId: author.id }, order: { id: 'ASC' } });
  }

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
