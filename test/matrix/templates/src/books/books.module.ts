import { Module } from '@nestjs/common';
import { BooksController } from './books.controller.js';
import { OrdersService } from './orders.service.js';

@Module({ controllers: [BooksController], providers: [OrdersService] })
export class BooksModule {}
