import { Module } from '@nestjs/common';
import { CarrierService } from './carrier.service.js';
import { DeliveryController } from './delivery.controller.js';

@Module({ controllers: [DeliveryController], providers: [CarrierService] })
export class DeliveryModule {}
