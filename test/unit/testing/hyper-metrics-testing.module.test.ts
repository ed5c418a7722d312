import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { register } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { HyperMetricsModule, InvalidOptionsError, MetricsService } from '../../../src/index.js';
import { HyperMetricsTestingModule, type HyperMetricsTestingOptions } from '../../../src/testing.js';
import { parseExposition } from '../../support/parse-exposition.js';

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closings.splice(0).map((close) => close()));
});

async function startService(options?: HyperMetricsTestingOptions): Promise<MetricsService> {
  const builder = Test.createTestingModule({ imports: [HyperMetricsTestingModule.forRoot(options)] });
  const module = await (await builder.compile()).init();
  closings.push(() => module.close());
  return module.get(MetricsService);
}

const namesOf = async (service: MetricsService): Promise<string[]> =>
  Object.keys(parseExposition(await service.collect()).types);

describe('HyperMetricsTestingModule.forRoot()', () => {
  it('is the real module in a registry that nothing else uses', async () => {
    const [first, second] = [await startService(), await startService()];

    first.httpRequestsTotal.inc(['GET', '200']);

    const labels = { method: 'GET', status: '200' };
    expect(await first.getValue('hyperdjango_http_requests_total', labels)).toBe(1);
    expect(await second.getValue('hyperdjango_http_requests_total', labels)).toBeUndefined();
    expect(await second.getValue('hyperdjango_http_requests_in_flight')).toBe(0);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it.each([
    [undefined, false],
    [{}, false],
    [{ runtimeMetrics: undefined }, false],
    [{ runtimeMetrics: false }, false],
    [{ runtimeMetrics: true }, true],
  ])('given %j, has runtime metrics: %s', async (options, expected) => {
    const names = await namesOf(await startService(options));

    expect(names.some((name) => name.startsWith('nodejs_'))).toBe(expected);
  });

  it('passes all other options on', async () => {
    const names = await namesOf(await startService({ prefix: 'shop_', http: false }));

    const always = CATALOG.filter(({ when }) => when === 'always');
    expect(always.map(({ name }) => name)).toContain('uptime_seconds');
    expect(names.toSorted()).toEqual(always.map(({ name }) => `shop_${name}`).toSorted());
  });

  it('refuses a registry, and options that nobody knows', () => {
    const refused = (options: object) => () => HyperMetricsTestingModule.forRoot(options);

    expect(refused({ registry: register })).toThrow(InvalidOptionsError);
    expect(refused({ registry: register })).toThrow('does not accept the option `registry`');
    expect(refused({ prefx: 'a_' })).toThrow('unknown option prefx');
  });

  it('takes the place of the module that an application imports', async () => {
    const metrics = HyperMetricsModule.forRoot();
    @Module({ imports: [metrics] })
    class AppModule {}

    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideModule(metrics)
      .useModule(HyperMetricsTestingModule.forRoot({ prefix: 'shop_' }))
      .compile();
    await module.init();
    closings.push(() => module.close());

    expect(await module.get(MetricsService).getValue('shop_http_requests_in_flight')).toBe(0);
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});
