import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BooksModule } from '../books/books.module.js';
import { BookReviewsController } from './book-reviews.controller.js';
import { Review } from './review.entity.js';
import { ReviewsController } from './reviews.controller.js';
import { ReviewsService } from './reviews.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Review]), BooksModule],
  controllers: [ReviewsController, BookReviewsController],
  providers: [ReviewsService],
})
export class ReviewsModule {}
