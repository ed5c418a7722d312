import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { IdPipe } from '../common/id.pipe.js';
import { type Page, PagePipe } from '../common/page.pipe.js';
import type { Book } from './book.entity.js';
import { BooksService } from './books.service.js';
import { type NewBook, NewBookPipe } from './new-book.pipe.js';

@Controller('books')
export class BooksController {
  constructor(private readonly books: BooksService) {}

  @Get()
  list(@Query(PagePipe) page: Page): Promise<Book[]> {
    return this.books.list(page);
  }

  @Get(':id')
  get(@Param('id', IdPipe) id: number): Promise<Book> {
    return this.books.get(id);
  }

  @Post()
  add(@Body(NewBookPipe) book: NewBook): Promise<Book> {
    return this.books.add(book);
  }
}
