import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InFlight } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';
import { Order } from '../orders/order.entity.js';

/** Stands in for the years of orders that this shop does not have. */
const SLOWNESS_SECONDS = 0.25;

export interface CountrySales {
  readonly country: string;
  readonly copies: number;
  readonly revenueCents: number;
}

@Injectable()
export class ReportsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Sales by the country of the author, the best first. */
  @InFlight()
  salesByCountry(): Promise<CountrySales[]> {
    return (
      this.dataSource
        .createQueryBuilder(Order, 'placed')
        .innerJoin('placed.book', 'book')
        .innerJoin('book.author', 'author')
        .select('author.country', 'country')
        .addSelect('SUM(placed.quantity)::integer', 'copies')
        .addSelect('SUM(placed.quantity * placed.priceCents)::integer', 'revenueCents')
        // A subquery that depends on no row runs once.
        .where('(SELECT pg_sleep(:seconds)) IS NOT NULL', { seconds: SLOWNESS_SECONDS })
        .groupBy('author.country')
        .orderBy('"revenueCents"', 'DESC')
        .getRawMany<CountrySales>()
    );
  }
}
