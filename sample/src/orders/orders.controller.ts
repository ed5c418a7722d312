import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { IdPipe } from '../common/id.pipe.js';
import { type NewOrder, NewOrderPipe } from './new-order.pipe.js';
import type { Order } from './order.entity.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  get(@Param('id', IdPipe) id: number): Promise<Order> {
    return this.orders.get(id);
  }

  @Post()
  place(@Body(NewOrderPipe) order: NewOrder): Promise<Order> {
    return this.orders.place(order);
  }
}
