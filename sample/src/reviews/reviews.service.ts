import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { BooksService } from '../books/books.service.js';
import { Review } from './review.entity.js';

@Injectable()
export class ReviewsService {
  constructor(
    @InjectRepository(Review) private readonly reviews: Repository<Review>,
    private readonly books: BooksService,
  ) {}

  async listByBook(bookId: number): Promise<Review[]> {
    const book = await this.books.get(bookId);
    return this.reviews.find({ where: { bookId: book.id }, order: { id: 'ASC' } });
  }
}
