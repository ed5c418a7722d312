import { Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { Author } from '../authors/author.entity.js';
import { Book } from '../books/book.entity.js';
import { Order } from '../orders/order.entity.js';
import { Review } from '../reviews/review.entity.js';
import { type BookshopSeed, generateBookshop } from './bookshop.generator.js';

/** Fills an empty bookshop, and leaves one that has authors as it is. */
@Injectable()
export class SeedService implements OnModuleInit {
  private readonly logger = new Logger('Seed');

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      if (await manager.exists(Author)) return;
      const shop = generateBookshop();
      await insertBookshop(manager, shop);
      const { authors, books, reviews, orders } = shop;
      this.logger.log(
        `Inserted ${authors.length} authors, ${books.length} books, ${reviews.length} reviews, ${orders.length} orders`,
      );
    });
  }
}

/** One statement for each table. */
async function insertBookshop(manager: EntityManager, shop: BookshopSeed): Promise<void> {
  const authors = manager.create(Author, [...shop.authors]);
  await manager.insert(Author, authors);

  const books = shop.books.map(({ authorIndex, ...book }) =>
    manager.create(Book, { ...book, authorId: idAt(authors, authorIndex) }),
  );
  await manager.insert(Book, books);

  const reviews = shop.reviews.map(({ bookIndex, ...review }) =>
    manager.create(Review, { ...review, bookId: idAt(books, bookIndex) }),
  );
  await manager.insert(Review, reviews);

  const orders = shop.orders.map(({ bookIndex, ...order }) =>
    manager.create(Order, { ...order, bookId: idAt(books, bookIndex) }),
  );
  await manager.insert(Order, orders);
}

function idAt(rows: readonly { readonly id: number }[], index: number): number {
  const row = rows[index];
  if (row === undefined)
    throw new Error(`The seed refers to row ${index}, but there are only ${rows.length}.`);
  return row.id;
}
