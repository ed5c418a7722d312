import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { CarrierService } from './carrier.service.js';

const LIMIT_MS = 300;

export interface Delivery {
  readonly orderId: number;
  readonly state: string;
}

@Controller('orders')
export class DeliveryController {
  constructor(private readonly carrier: CarrierService) {}

  /** Asks another service. The library records the request, and how much of this route's time it takes. */
  @Get(':id/delivery')
  async find(@Param('id', ParseIntPipe) orderId: number): Promise<Delivery> {
    try {
      const response = await fetch(`${this.carrier.url}/parcels/${orderId}`, {
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      const body = await response.text();
      return { orderId, state: response.ok ? (JSON.parse(body) as string) : 'the carrier is busy' };
    } catch {
      return { orderId, state: 'the carrier does not answer' };
    }
  }
}
