import { Controller, Get, Param, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import { OrdersService } from './orders.service.js';

@Controller('books')
export class BooksController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number): { id: number } {
    return { id };
  }

  @Post('orders/:plan')
  @UseGuards(ApiKeyGuard)
  order(@Param('plan') plan: string): { plan: string } {
    return this.orders.place(plan);
  }
}
