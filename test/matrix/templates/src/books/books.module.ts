import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { BooksController } from './books.controller.js';
import { JobsService } from './jobs.service.js';
import { OrdersService } from './orders.service.js';
import { StockService } from './stock.service.js';

@Module({
  imports: [ScheduleModule.forRoot()],
  controllers: [BooksController],
  providers: [OrdersService, StockService, JobsService],
})
export class BooksModule {}
