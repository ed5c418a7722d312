import { Injectable, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  defineCounter,
  defineGauge,
  getMetricToken,
  defineHistogram,
  HyperMetricsModule,
  type HyperMetricsOptions,
  InjectMetric,
  InvalidDefinitionError,
  MetricConflictError,
  type MetricDefinition,
  type MetricOf,
  MetricsService,
} from '../../src/index.js';

const ordersTotal = defineCounter({ name: 'orders_total', help: 'Orders placed.', labelNames: ['plan'] });
const openCarts = defineGauge({ name: 'open_carts', help: 'Carts that are open.' });
const basketSize = defineHistogram({ name: 'basket_books', help: 'Books in a basket.', buckets: [1, 5] });

@Injectable()
class Checkout {
  @InjectMetric(openCarts) readonly carts!: MetricOf<typeof openCarts>;

  constructor(
    @InjectMetric(ordersTotal) readonly orders: MetricOf<typeof ordersTotal>,
    @InjectMetric('basket_books') readonly baskets: MetricOf<typeof basketSize>,
  ) {}

  place(): void {
    this.orders.inc({ plan: 'gold' });
    this.carts.set(3);
    this.baskets.observe(4);
  }
}

@Module({
  imports: [HyperMetricsModule.forFeature([ordersTotal, openCarts, basketSize])],
  providers: [Checkout],
})
class CheckoutModule {}

const modules: TestingModule[] = [];
afterEach(async () => {
  await Promise.all(modules.splice(0).map((module) => module.close()));
});

/** A module of its own that defines these metrics. */
function featureOf(...definitions: MetricDefinition[]): Type {
  @Module({ imports: [HyperMetricsModule.forFeature(definitions)] })
  class FeatureModule {}
  return FeatureModule;
}

async function start(
  imports: NonNullable<ModuleMetadata['imports']>,
  options: HyperMetricsOptions = {},
): Promise<TestingModule> {
  const forRoot = HyperMetricsModule.forRoot({
    registry: new Registry(),
    runtimeMetrics: false,
    ...options,
  });
  const module = await Test.createTestingModule({ imports: [...imports, forRoot] }).compile();
  modules.push(module);
  return module.init();
}

describe('metrics of forFeature()', () => {
  it('are injected by definition and by name, as parameters and properties', async () => {
    const module = await start([CheckoutModule]);
    module.get(Checkout).place();

    const metrics = module.get(MetricsService);
    expect(await metrics.getValue('orders_total', { plan: 'gold' })).toBe(1);
    expect(await metrics.getValue('open_carts')).toBe(3);
    expect(await metrics.getValue('basket_books_bucket', { le: 1 })).toBe(0);
    expect(await metrics.getValue('basket_books_bucket', { le: 5 })).toBe(1);
  });

  it('work with options that come later', async () => {
    const module = await Test.createTestingModule({
      imports: [
        CheckoutModule,
        HyperMetricsModule.forRootAsync({
          useFactory: () => ({ registry: new Registry(), runtimeMetrics: false }),
        }),
      ],
    }).compile();
    modules.push(module);
    module.get(Checkout).place();

    expect(await module.get(MetricsService).getValue('open_carts')).toBe(3);
  });

  it('are shared by modules that define them in the same way, and with MetricsService', async () => {
    const module = await start([CheckoutModule, featureOf(ordersTotal)]);
    const metrics = module.get(MetricsService);

    expect(metrics.counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] })).toBe(
      module.get(Checkout).orders,
    );
  });

  it('that two modules define differently stop the start', async () => {
    const other = defineCounter({ name: 'orders_total', help: 'Orders placed.', labelNames: ['region'] });

    await expect(start([CheckoutModule, featureOf(other)])).rejects.toThrow(
      new MetricConflictError(
        'Metric "orders_total" is already registered with the labels [plan]; this call asks for [region]. ' +
          'Rename one, or reuse its definition.',
      ),
    );
  });

  it('record nothing when the module is switched off', async () => {
    const module = await start([CheckoutModule], { enabled: false });
    module.get(Checkout).place();

    expect(await module.get(MetricsService).collect()).toBe('');
  });

  it('can be replaced in tests', async () => {
    const calls: unknown[] = [];
    const module = await Test.createTestingModule({
      imports: [
        CheckoutModule,
        HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false }),
      ],
    })
      .overrideProvider(getMetricToken('orders_total'))
      .useValue({ inc: (labels: unknown) => calls.push(labels) })
      .compile();
    modules.push(module);
    module.get(Checkout).place();

    expect(calls).toEqual([{ plan: 'gold' }]);
  });

  it('need forRoot()', async () => {
    await expect(Test.createTestingModule({ imports: [CheckoutModule] }).compile()).rejects.toThrow(
      'Import HyperMetricsModule.forRoot() in the root module.',
    );
  });

  it('are refused where they are defined when no exposition could carry them', () => {
    const twice = (): unknown => HyperMetricsModule.forFeature([openCarts, openCarts]);

    expect(twice).toThrow('HyperMetricsModule.forFeature() defines "open_carts" twice. Define it once.');
    expect(() => HyperMetricsModule.forFeature([defineCounter({ name: 'no name', help: 'No.' })])).toThrow(
      InvalidDefinitionError,
    );
  });

  it.each([[openCarts], [[{ name: 'open_carts', help: 'Carts.' }]], [[undefined]], [undefined]])(
    'are refused when they are no definitions: %j',
    (definitions) => {
      expect(() => HyperMetricsModule.forFeature(definitions as never)).toThrow(
        'takes an array of definitions made with defineCounter(), defineGauge() and defineHistogram()',
      );
    },
  );

  it('are refused by @InjectMetric() where there is neither name nor definition', () => {
    expect(() => InjectMetric(undefined as never)).toThrow(InvalidDefinitionError);
  });
});
