import { Controller, Get, Query } from '@nestjs/common';
import { type Page, PagePipe } from '../common/page.pipe.js';
import type { Review } from './review.entity.js';
import { ReviewsService } from './reviews.service.js';

/** One list, made in two ways. */
@Controller('reviews')
export class ReviewsController {
  constructor(private readonly reviews: ReviewsService) {}

  @Get()
  list(@Query(PagePipe) page: Page): Promise<Review[]> {
    return this.reviews.list(page);
  }

  /** As it should not be done. */
  @Get('n-plus-one')
  listByNPlusOne(@Query(PagePipe) page: Page): Promise<Review[]> {
    return this.reviews.listByNPlusOne(page);
  }
}
