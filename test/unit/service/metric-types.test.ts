import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import {
  Counter,
  defineCounter,
  Gauge,
  Histogram,
  HyperMetricsError,
  HyperMetricsModule,
  InjectMetric,
  MetricsService,
} from '../../../src/index.js';
import { Test } from '@nestjs/testing';

const CLASSES = { Counter, Gauge, Histogram } as unknown as Record<
  string,
  new (configuration: object) => object
>;

async function createService(enabled = true): Promise<MetricsService> {
  const module = await Test.createTestingModule({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, enabled })],
  }).compile();
  return module.get(MetricsService);
}

describe.each(Object.entries(CLASSES))('%s', (name, Class) => {
  it('is no constructor: what it made would be exported nowhere', () => {
    const construct = () => new Class({ name: 'orders_total', help: 'Orders.' });
    expect(construct).toThrow(HyperMetricsError);
    expect(construct).toThrow(`new ${name}() would create a metric that is never exported`);
    expect(construct).toThrow(`MetricsService.${name.toLowerCase()}(`);
    expect(construct).toThrow(`import ${name} from 'prom-client'`);
  });

  it('cannot be extended into one', () => {
    class Own extends Class {}
    expect(() => new Own({})).toThrow(HyperMetricsError);
  });

  it('is the class of metrics of its kind alone', async () => {
    const service = await createService();
    const metrics = {
      Counter: service.counter({ name: 'a_total', help: 'A.' }),
      Gauge: service.gauge({ name: 'b', help: 'B.' }),
      Histogram: service.histogram({ name: 'c', help: 'C.' }),
    };
    const instances = Object.entries(metrics).filter(([, metric]) => metric instanceof Class);
    expect(instances.map(([kind]) => kind)).toEqual([name]);
    expect(Class.name).toBe(name);
  });
});

describe('the type of an injected metric', () => {
  it('may be one of these classes: compilers keep it in the metadata', async () => {
    const orders = defineCounter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] });
    class Checkout {
      constructor(@InjectMetric(orders) readonly injected: Counter<'plan'>) {}
    }
    Reflect.defineMetadata('design:paramtypes', [Counter], Checkout);
    const module = await Test.createTestingModule({
      imports: [
        HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false }),
        HyperMetricsModule.forFeature([orders]),
      ],
      providers: [Checkout],
    }).compile();
    const { injected } = module.get(Checkout);
    injected.inc({ plan: 'gold' }, 2);
    expect(injected).toBeInstanceOf(Counter);
    expect(injected.labels('gold').value).toBe(2);
  });
});

describe('reading', () => {
  it('gives the value of a metric without labels, and the sum and the number of a histogram', async () => {
    const service = await createService();
    const orders = service.counter({ name: 'orders_total', help: 'Orders.' });
    const carts = service.gauge({ name: 'carts', help: 'Carts.' });
    const books = service.histogram({ name: 'books', help: 'Books.' });
    expect([orders.value, carts.value, books.sum, books.count]).toEqual([0, 0, 0, 0]);
    orders.inc(3);
    carts.set(-2);
    books.observe(2);
    books.observe(0.5);
    expect([orders.value, carts.value, books.sum, books.count]).toEqual([3, -2, 2.5, 2]);
  });

  it.each([true, false])(
    'never throws: a metric with labels has no single value (enabled: %s)',
    async (enabled) => {
      const service = await createService(enabled);
      const labelNames: string[] = ['plan'];
      const orders: Counter = service.counter({ name: 'orders_total', help: 'Orders.', labelNames });
      const carts: Gauge = service.gauge({ name: 'carts', help: 'Carts.', labelNames });
      const books: Histogram = service.histogram({ name: 'books', help: 'Books.', labelNames });
      orders.inc({ plan: 'gold' }, 3);
      expect([orders.value, carts.value, books.sum, books.count]).toEqual([NaN, NaN, NaN, NaN]);
      expect(orders.labels('gold').value).toBe(enabled ? 3 : 0);
      // Nothing was made by asking.
      expect(await service.collect()).not.toContain('carts{');
    },
  );
});
