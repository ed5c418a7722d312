/* Compiled and never run, see `metrics.types.ts`. */
import { Counted, InFlight, type MethodCall, Timed } from '../../src/index.js';

interface Order {
  readonly plan: string;
}

@Timed()
@Counted()
@InFlight()
export class Checkout {
  readonly region = 'eu';

  @Timed()
  @Timed('checkout_seconds')
  @Timed({
    name: 'checkout_by_plan_seconds',
    help: 'Checkouts.',
    buckets: [0.1, 1],
    labels: {
      channel: 'web',
      version: 2,
      plan: ({ args: [order] }: MethodCall<[Order]>) => order.plan,
      region: ({ instance }: MethodCall<[Order], string, Checkout>) => instance.region,
      paid: ({ result }) => result !== undefined,
      reason: ({ error }) => (error instanceof TypeError ? 'type' : 'other'),
    },
  })
  @Counted({ name: 'checkout_failures_total', recordFailuresOnly: true })
  @InFlight({ name: 'checkouts_in_flight', labels: { channel: 'web' } })
  place(order: Order): string {
    return order.plan;
  }

  @Timed()
  static async create(): Promise<Checkout> {
    return new Checkout();
  }

  @Timed()
  async *lines(): AsyncGenerator<string> {
    yield this.region;
  }

  // @ts-expect-error it goes on methods
  @Timed() readonly property = 1;
}

// @ts-expect-error buckets are numbers
Timed({ name: 'x_seconds', buckets: ['1'] });
// @ts-expect-error a counter has no buckets
Counted({ name: 'x_total', buckets: [1] });
// @ts-expect-error an option that there is not
InFlight({ name: 'x', recordFailuresOnly: true });
// @ts-expect-error a label's function is synchronous
Timed({ name: 'x_seconds', labels: { plan: async () => 'gold' } });
// @ts-expect-error a label is no object
Timed({ name: 'x_seconds', labels: { plan: {} } });
