import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InjectMetric, type MethodCall, type MetricOf, Timed } from 'nestjs-hyper-metrics';
import { DataSource, MoreThanOrEqual } from 'typeorm';
import { Book } from '../books/book.entity.js';
import type { NewOrder } from './new-order.pipe.js';
import { Order } from './order.entity.js';
import { copiesSoldTotal } from './orders.metrics.js';

@Injectable()
export class OrdersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectMetric(copiesSoldTotal) private readonly copiesSold: MetricOf<typeof copiesSoldTotal>,
  ) {}

  /** With its book and the book's author, by joins. */
  async get(id: number): Promise<Order> {
    const order = await this.dataSource.manager.findOne(Order, {
      where: { id },
      relations: { book: { author: true } },
    });
    if (order === null) throw new NotFoundException(`There is no order with the id ${id}.`);
    return order;
  }

  @Timed({
    name: 'bookshop_checkout_seconds',
    help: 'Duration of checkouts in seconds by outcome and kind of order.',
    labels: {
      kind: ({ args }: MethodCall<[NewOrder]>) => (args[0].quantity === 1 ? 'single' : 'several'),
    },
  })
  async place(newOrder: NewOrder): Promise<Order> {
    const order = await this.sell(newOrder);
    this.copiesSold.inc(order.quantity);
    return order;
  }

  /** Takes the copies out of the stock and notes the order: both, or neither. */
  private sell({ bookId, quantity }: NewOrder): Promise<Order> {
    return this.dataSource.transaction(async (manager) => {
      const book = await manager.findOneBy(Book, { id: bookId });
      if (book === null) throw new BadRequestException(`"bookId" names no book: ${bookId}.`);

      // The stock is asked again here, because another order may have been faster.
      const enough = { id: bookId, stock: MoreThanOrEqual(quantity) };
      const { affected } = await manager.decrement(Book, enough, 'stock', quantity);
      if (affected === 0) throw new ConflictException(`There are no ${quantity} copies of book ${bookId}.`);

      return manager.save(manager.create(Order, { bookId, quantity, priceCents: book.priceCents }));
    });
  }
}
