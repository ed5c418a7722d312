import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Author } from '../authors/author.entity.js';
import { Book } from '../books/book.entity.js';
import { Order } from '../orders/order.entity.js';
import { Review } from '../reviews/review.entity.js';

export interface ShopStats {
  readonly authors: number;
  readonly books: number;
  readonly reviews: number;
  readonly orders: number;
}

@Injectable()
export class AdminService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async stats(): Promise<ShopStats> {
    const [authors, books, reviews, orders] = await Promise.all([
      this.dataSource.manager.count(Author),
      this.dataSource.manager.count(Book),
      this.dataSource.manager.count(Review),
      this.dataSource.manager.count(Order),
    ]);
    return { authors, books, reviews, orders };
  }
}
