import { Injectable } from '@nestjs/common';
import { Histogram, InjectMetric, type MetricOf } from 'nestjs-hyper-metrics';
import { giftsWrappedTotal } from './gift-wrapping.metrics.js';

/** Metrics of the shop's own: one injected by its definition, which knows the labels, and one by its name. */
@Injectable()
export class GiftWrappingService {
  constructor(
    @InjectMetric(giftsWrappedTotal) private readonly gifts: MetricOf<typeof giftsWrappedTotal>,
    @InjectMetric('bookshop_books_per_gift') private readonly booksPerGift: Histogram<never>,
  ) {}

  wrap(books: number, paper: 'plain' | 'golden'): string {
    this.gifts.inc({ paper });
    this.booksPerGift.observe(books);
    return `${books} in ${paper} paper`;
  }
}
