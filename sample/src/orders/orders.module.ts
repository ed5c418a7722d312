import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { Order } from './order.entity.js';
import { OrdersController } from './orders.controller.js';
import { copiesSoldTotal } from './orders.metrics.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Order]), HyperMetricsModule.forFeature([copiesSoldTotal])],
  controllers: [OrdersController],
  providers: [OrdersService],
})
export class OrdersModule {}
