import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { MetricsService } from 'nestjs-hyper-metrics';
import {
  assertMetricDelta,
  HyperMetricsTestingModule,
  lintMetrics,
  metricDelta,
  readMetric,
} from 'nestjs-hyper-metrics/testing';
import { afterEach, expect, it } from 'vitest';

@Controller('books')
class BooksController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  list(): string[] {
    this.metrics.counter({ name: 'lists_total', help: 'Lists shown.' }).inc();
    return ['Momo'];
  }
}

let app: INestApplication | undefined;

afterEach(async () => {
  await app?.close();
});

it('reads single values', async () => {
  const module = await Test.createTestingModule({
    imports: [HyperMetricsTestingModule.forRoot()],
    controllers: [BooksController],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();

  const served = { name: 'hyperdjango_http_requests_total', labels: { method: 'GET', status: '200' } };
  const response = await assertMetricDelta(app, { ...served, by: 1 }, () => fetch(`${url}/books`));
  expect(await response.json()).toEqual(['Momo']);
  expect(await metricDelta(module, 'lists_total', () => fetch(`${url}/books`))).toBe(1);

  expect(await readMetric(app, served.name, served.labels)).toBe(2);
  expect(await readMetric(module.get(MetricsService), 'lists_total')).toBe(2);
  expect(await lintMetrics(app)).toEqual([]);
  const wrong = assertMetricDelta(app, { ...served, by: 1, withinMs: 0 }, () => {});
  await expect(wrong).rejects.toThrow(
    '{method="GET",status="200"} changed by 0 (from 2 to 2), and not by 1.',
  );
});
