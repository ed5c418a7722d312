import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { NestFactory } from '@nestjs/core';
import { MetricsService } from 'nestjs-hyper-metrics';
import { assertMetricDelta, HyperMetricsTestingModule, readMetric } from 'nestjs-hyper-metrics/testing';

void test('waits for a change while timers are mocked, and reports one that does not come', async (t) => {
  const app = await NestFactory.createApplicationContext(HyperMetricsTestingModule.forRoot(), {
    logger: false,
  });
  const orders = app.get(MetricsService).counter({ name: 'orders_total', help: 'Orders placed.' });
  const later = delay(30);
  t.mock.timers.enable();

  await assertMetricDelta(app, { name: 'orders_total', by: 2 }, () => {
    void later.then(() => orders.inc(2));
  });

  assert.equal(await readMetric(app, 'orders_total'), 2);
  await assert.rejects(
    assertMetricDelta(app, { name: 'orders_total', by: 1, withinMs: 20 }, () => {}),
    { name: 'AssertionError', actual: 0, expected: 1 },
  );
  t.mock.timers.reset();
  await app.close();
});
