/*
 * Compiled and never run: `npm run check:types` fails when a line below a `@ts-expect-error` compiles, or another does
 * not.
 */
import {
  Counter,
  defineCounter,
  Gauge,
  defineGauge,
  Histogram,
  defineHistogram,
  httpRequestsInFlight,
  httpRequestsTotal,
  InjectMetric,
  type MetricOf,
  type MetricsService,
} from '../../src/index.js';

const ordersTotal = defineCounter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan', 'region'] });
const openCarts = defineGauge({ name: 'open_carts', help: 'Carts.' });
const basketSize = defineHistogram({
  name: 'basket_size',
  help: 'Books.',
  labelNames: ['plan'],
  buckets: [1, 5],
});

// @ts-expect-error a counter has no buckets
defineCounter({ name: 'orders_total', help: 'Orders.', buckets: [1] });
defineGauge({ name: 'open_carts', help: 'Carts.', aggregator: 'max' });
// @ts-expect-error no client has such an aggregator
defineGauge({ name: 'open_carts', help: 'Carts.', aggregator: 'median' });
// @ts-expect-error every metric has a help text
defineGauge({ name: 'open_carts' });

export class Checkout {
  constructor(
    @InjectMetric(ordersTotal) readonly orders: MetricOf<typeof ordersTotal>,
    @InjectMetric(openCarts) readonly carts: MetricOf<typeof openCarts>,
    @InjectMetric('basket_size') readonly baskets: Histogram<'plan'>,
  ) {}

  labelled(): void {
    this.orders.inc({ plan: 'gold', region: 'eu' });
    this.orders.inc({ plan: 'gold' }, 2);
    this.orders.inc(['gold', 'eu']);
    this.orders.labels({ plan: 'gold', region: 1 }).inc();
    this.orders.labels('gold', 'eu').inc();
    this.baskets.observe({ plan: 'gold' }, 3);
    this.baskets.startTimer({ plan: 'gold' })();
    this.baskets.startTimer()({ plan: 'gold' });

    // @ts-expect-error a misspelt label
    this.orders.inc({ plam: 'gold' });
    // @ts-expect-error one of them misspelt
    this.orders.inc({ plan: 'gold', regoin: 'eu' });
    // @ts-expect-error a misspelt label
    this.orders.labels({ plam: 'gold' });
    // @ts-expect-error a misspelt label
    this.orders.remove({ plam: 'gold' });
    // @ts-expect-error a label of another metric
    this.baskets.observe({ region: 'eu' }, 3);
    // @ts-expect-error a misspelt label
    this.baskets.startTimer({ plam: 'gold' });
    // @ts-expect-error a misspelt label
    this.baskets.startTimer()({ plam: 'gold' });
    // @ts-expect-error it has labels
    this.orders.inc();
    // @ts-expect-error it has labels
    this.orders.inc(2);
    // @ts-expect-error it has labels
    this.baskets.observe(3);
    // @ts-expect-error a value is no object
    this.orders.inc({ plan: {} });
  }

  unlabelled(): void {
    this.carts.inc();
    this.carts.set(5);

    // @ts-expect-error it has no labels
    this.carts.inc({ plan: 'gold' });
    // @ts-expect-error it has no labels
    this.carts.set({ plan: 'gold' }, 1);
    // @ts-expect-error it has no labels
    this.carts.labels({ plan: 'gold' });
  }
}

export function read(checkout: Checkout, metrics: MetricsService, unknown: Counter): void {
  const { orders, carts, baskets } = checkout;
  const waiting = metrics.histogram({ name: 'waiting_seconds', help: 'Waiting.' });
  const values: number[] = [
    carts.value,
    waiting.sum,
    waiting.count,
    httpRequestsInFlight.value,
    orders.labels('gold', 'eu').value,
    baskets.labels({ plan: 'gold' }).sum,
    baskets.labels('gold').count,
  ];
  // It may have labels, or not.
  const perhaps: number | undefined = unknown.value;
  void [values, perhaps];

  // @ts-expect-error it has labels
  void orders.value;
  // @ts-expect-error it has labels
  void baskets.sum;
  // @ts-expect-error it has labels
  void baskets.count;
  // @ts-expect-error it has labels
  void httpRequestsTotal.value;
  // @ts-expect-error a histogram has a sum and a count
  void waiting.value;
  // @ts-expect-error it may have labels
  const certain: number = unknown.value;
  void certain;
}

export function construct(metric: unknown): number | undefined {
  // @ts-expect-error metrics are made by MetricsService and forFeature()
  new Counter({ name: 'orders_total', help: 'Orders.' });
  // @ts-expect-error metrics are made by MetricsService and forFeature()
  new Gauge({ name: 'carts', help: 'Carts.' });
  // @ts-expect-error metrics are made by MetricsService and forFeature()
  new Histogram({ name: 'books', help: 'Books.' });
  return metric instanceof Counter ? metric.value : undefined;
}

export function infer(metrics: MetricsService): void {
  const made: Counter<'plan'> = metrics.counter({
    name: 'made_total',
    help: 'Made.',
    labelNames: ['plan'],
  });
  made.inc({ plan: 'gold' });
  // @ts-expect-error a misspelt label
  metrics.counter({ name: 'made_total', help: 'Made.', labelNames: ['plan'] }).inc({ plam: 'gold' });
  // @ts-expect-error it has no labels
  metrics.gauge({ name: 'made', help: 'Made.' }).set({ plan: 'gold' }, 1);

  const definitions: [Counter<'plan' | 'region'>, Gauge<never>, Histogram<'plan'>] = [
    null as unknown as MetricOf<typeof ordersTotal>,
    null as unknown as MetricOf<typeof openCarts>,
    null as unknown as MetricOf<typeof basketSize>,
  ];
  const unlabelled: Histogram<never> = metrics.histogram({ name: 'unlabelled', help: 'Unlabelled.' });
  const ofAnyLabels: [Counter, Gauge, Histogram, Histogram] = [...definitions, unlabelled];
  ofAnyLabels[0].inc();
  ofAnyLabels[1].set(2);
  ofAnyLabels[2].observe(2);
  unlabelled.observe(2);
  // @ts-expect-error a gauge is no counter
  const wrong: MetricOf<typeof openCarts> = definitions[0];
  void wrong;
}
