import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { Registry } from 'prom-client';
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
    imports: [HyperMetricsModule.forRoot({ registry: new Registry() })],
    controllers: [BooksController],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');

  const response = await fetch(`${await app.getUrl()}/books`);
  expect(await response.json()).toEqual(['Momo']);

  const metrics = module.get(MetricsService);
  expect(await metrics.getValue('hyperdjango_http_requests_total', { method: 'GET', status: '200' })).toBe(1);
  expect(await metrics.getValue('lists_total')).toBe(1);
});
