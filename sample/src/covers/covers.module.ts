import { Module } from '@nestjs/common';
import { BooksModule } from '../books/books.module.js';
import { CoversController } from './covers.controller.js';

@Module({ imports: [BooksModule], controllers: [CoversController] })
export class CoversModule {}
