import { Controller, Get, Param, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import { visits } from '../host-registry.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { OrdersService } from './orders.service.js';
import { StockService } from './stock.service.js';

@Controller('books')
export class BooksController {
  constructor(
    private readonly orders: OrdersService,
    private readonly stock: StockService,
  ) {}

  @Get('stock')
  async askForStock(): Promise<{ statuses: number[] }> {
    return { statuses: await this.stock.ask() };
  }

  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number): { id: number } {
    visits.inc({ what: 'books' });
    return { id };
  }

  @Post('orders/:plan')
  @UseGuards(ApiKeyGuard)
  async order(@Param('plan') plan: string): Promise<{ plan: string }> {
    return this.orders.place(plan);
  }
}
