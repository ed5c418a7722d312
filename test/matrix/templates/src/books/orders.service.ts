import { Injectable } from '@nestjs/common';
import { MetricsService, Timed } from 'nestjs-hyper-metrics';

/** As the README has it: the application's own build has to find the parameter's type, and infer the counter's. */
@Injectable()
export class OrdersService {
  private readonly orders;

  constructor(metrics: MetricsService) {
    this.orders = metrics.counter({ name: 'orders_total', help: 'Orders placed.', labelNames: ['plan'] });
  }

  @Timed('order_duration_seconds')
  async place(plan: string): Promise<{ plan: string }> {
    this.orders.inc({ plan });
    return Promise.resolve({ plan });
  }

  /** Never runs. It compiles only while the declarations know the counter's label names. */
  misspell(): void {
    // @ts-expect-error "plan" is the only label.
    this.orders.inc({ plam: 'yearly' });
  }
}
