import { Controller, Get, Param } from '@nestjs/common';
import { IdPipe } from '../common/id.pipe.js';
import type { Review } from './review.entity.js';
import { ReviewsService } from './reviews.service.js';

@Controller('books/:bookId/reviews')
export class BookReviewsController {
  constructor(private readonly reviews: ReviewsService) {}

  @Get()
  list(@Param('bookId', IdPipe) bookId: number): Promise<Review[]> {
    return this.reviews.listByBook(bookId);
  }
}
