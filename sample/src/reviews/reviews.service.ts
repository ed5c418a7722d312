import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { BooksService } from '../books/books.service.js';
import { type Page, rowsOf } from '../common/page.pipe.js';
import { Review } from './review.entity.js';

@Injectable()
export class ReviewsService {
  constructor(
    @InjectRepository(Review) private readonly reviews: Repository<Review>,
    private readonly books: BooksService,
  ) {}

  /** The latest reviews with their books: two queries, however many reviews there are. */
  list(page: Page): Promise<Review[]> {
    return this.reviews.find({
      order: { id: 'DESC' },
      ...rowsOf(page),
      relations: { book: { author: true } },
      relationLoadStrategy: 'query',
    });
  }

  /** The same list by one query for the reviews and one more for each of them: an N+1. */
  async listByNPlusOne(page: Page): Promise<Review[]> {
    const reviews = await this.reviews.find({ order: { id: 'DESC' }, ...rowsOf(page) });
    for (const review of reviews) {
      review.book = await this.books.get(review.bookId);
    }
    return reviews;
  }

  async listByBook(bookId: number): Promise<Review[]> {
    const book = await this.books.get(bookId);
    return this.reviews.find({ where: { bookId: book.id }, order: { id: 'ASC' } });
  }
}
