import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthorsModule } from '../authors/authors.module.js';
import { AuthorBooksController } from './author-books.controller.js';
import { BookExportController } from './book-export.controller.js';
import { Book } from './book.entity.js';
import { BooksController } from './books.controller.js';
import { BooksService } from './books.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Book]), AuthorsModule],
  controllers: [BooksController, AuthorBooksController, BookExportController],
  providers: [BooksService],
  exports: [BooksService],
})
export class BooksModule {}
