import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Counter, Histogram, Registry, Summary } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HyperMetricsError, HyperMetricsModule, MetricsService } from '../../../src/index.js';
import { HyperMetricsTestingModule, type MetricsSource, readMetric } from '../../../src/testing.js';
import { closeContextsAfterEach, startContext } from '../../support/nest-contexts.js';

closeContextsAfterEach();

const compile = (metrics: DynamicModule = HyperMetricsTestingModule.forRoot()) =>
  Test.createTestingModule({ imports: [metrics] }).compile();

describe('readMetric', () => {
  it.each<[string, () => Promise<INestApplicationContext>]>([
    ['a TestingModule', () => compile()],
    ['an application', async () => (await compile()).createNestApplication({ logger: false })],
    [
      'an application context',
      () => NestFactory.createApplicationContext(HyperMetricsTestingModule.forRoot(), { logger: false }),
    ],
  ])('reads from %s', async (_, create) => {
    const context = await startContext(await create());
    context.get(MetricsService).counter({ name: 'orders_total', help: 'Orders placed.' }).inc(3);

    expect(await readMetric(context, 'orders_total')).toBe(3);
  });

  it('reads from a MetricsService, and from its registry', async () => {
    const service = (await startContext(await compile())).get(MetricsService);
    service.gauge({ name: 'queue_length', help: 'Waiting jobs.' }).set(7);

    expect(await readMetric(service, 'queue_length')).toBe(7);
    expect(await readMetric(service.registry, 'queue_length')).toBe(7);
  });

  it('reads metrics made with a Prometheus client', async () => {
    const registry = new Registry();
    const registers = [registry];
    const labelNames = ['plan'];
    new Counter({ name: 'orders_total', help: 'Orders.', labelNames, registers }).inc({ plan: 'basic' }, 2);
    new Histogram({ name: 'wait_seconds', help: 'Waiting.', buckets: [1, 5], registers }).observe(3);
    new Summary({ name: 'size_bytes', help: 'Sizes.', percentiles: [0.5], registers }).observe(10);
    const module = await startContext(await compile(HyperMetricsModule.forRoot({ registry })));

    for (const source of [registry, module]) {
      expect(await readMetric(source, 'orders_total', { plan: 'basic' })).toBe(2);
      expect(await readMetric(source, 'wait_seconds_bucket', { le: 1 })).toBe(0);
      expect(await readMetric(source, 'wait_seconds_bucket', { le: '5' })).toBe(1);
      expect(await readMetric(source, 'wait_seconds_bucket', { le: '+Inf' })).toBe(1);
      expect(await readMetric(source, 'wait_seconds_sum')).toBe(3);
      expect(await readMetric(source, 'size_bytes', { quantile: 0.5 })).toBe(10);
      expect(await readMetric(source, 'size_bytes_count')).toBe(1);
    }
  });

  it('reads the sample with exactly these labels, the default ones included', async () => {
    const metrics = HyperMetricsTestingModule.forRoot({ defaultLabels: { region: 'eu' } });
    const module = await startContext(await compile(metrics));
    module
      .get(MetricsService)
      .counter({ name: 'orders_total', help: 'Orders placed.', labelNames: ['plan'] })
      .inc({ plan: 'basic' });

    const read = (labels: Record<string, string>) => readMetric(module, 'orders_total', labels);
    expect(await read({ region: 'eu', plan: 'basic' })).toBe(1);
    expect(await read({ plan: 'basic' })).toBeUndefined();
    expect(await read({ region: 'eu', plan: 'pro' })).toBeUndefined();
    expect(await read({ region: 'eu', plan: 'basic', country: 'fr' })).toBeUndefined();
  });

  it('finds nothing where there is nothing', async () => {
    const module = await startContext(await compile(HyperMetricsTestingModule.forRoot({ enabled: false })));
    module.get(MetricsService).counter({ name: 'orders_total', help: 'Orders placed.' }).inc();

    expect(await readMetric(module, 'orders_total')).toBeUndefined();
    expect(await readMetric(new Registry(), 'orders_total')).toBeUndefined();
  });

  it('skips a metric of the registry that cannot be read', async () => {
    const registry = new Registry();
    const collect = () => {
      throw new Error('no connection');
    };
    new Counter({ name: 'broken_total', help: 'Broken.', registers: [registry], collect });
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] }).inc();

    expect(await readMetric(registry, 'orders_total')).toBe(1);
    expect(await readMetric(registry, 'broken_total')).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [undefined, 'and is undefined'],
    [null, 'and is null'],
    ['app', "and is 'app'"],
    [{}, 'and is {}'],
    [MetricsService, 'and is [class MetricsService]'],
    [new Map(), 'MetricsService is overridden by undefined'],
    [{ get: () => ({ collect: () => '' }) }, 'Do not override MetricsService'],
  ])('says what %o lacks', async (source, message) => {
    const reading = readMetric(source as MetricsSource, 'orders_total');

    await expect(reading).rejects.toThrow(HyperMetricsError);
    await expect(reading).rejects.toThrow(message);
  });

  it('says that an application does not import the module', async () => {
    const module = await startContext(await Test.createTestingModule({}).compile());

    const reading = readMetric(module, 'orders_total');
    await expect(reading).rejects.toThrow(HyperMetricsError);
    await expect(reading).rejects.toThrow('Import HyperMetricsTestingModule.forRoot()');
  });
});
