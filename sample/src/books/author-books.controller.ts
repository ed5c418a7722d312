import { Controller, Get, Param } from '@nestjs/common';
import { IdPipe } from '../common/id.pipe.js';
import type { Book } from './book.entity.js';
import { BooksService } from './books.service.js';

@Controller('authors/:authorId/books')
export class AuthorBooksController {
  constructor(private readonly books: BooksService) {}

  @Get()
  list(@Param('authorId', IdPipe) authorId: number): Promise<Book[]> {
    return this.books.listByAuthor(authorId);
  }
}
