import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { HyperMetricsModule, MetricsService } from '../../../src/index.js';
import { ask } from '../../support/http-client.js';
import { sendRaw } from '../../support/raw-http.js';

/** Durations of twenty scrapes, the shortest first. */
async function scrapeTimes(url: string): Promise<number[]> {
  const found: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const startedAtMs = performance.now();
    expect((await ask(url)).status).toBe(200);
    found.push(performance.now() - startedAtMs);
  }
  return found.toSorted((a, b) => a - b);
}

const median = (values: readonly number[]): number => values[values.length / 2] as number;

it('ten slow-loris clients do not delay scrapes on a port of its own', async () => {
  const app = await NestFactory.createApplicationContext(
    HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, endpoint: { port: 0 } }),
    { logger: false },
  );
  const url = app.get(MetricsService).endpointUrl ?? 'nowhere';
  await scrapeTimes(url);
  const alone = await scrapeTimes(url);
  const sockets = await Promise.all(
    Array.from({ length: 10 }, () => sendRaw(Number(new URL(url).port), 'GET /metrics HTTP/1.1\r\nX-Slow: ')),
  );
  const drip = setInterval(() => sockets.forEach((socket) => socket.write('x')), 50);
  const beside = await scrapeTimes(url);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  clearInterval(drip);
  await app.close();
  expect(median(beside)).toBeLessThan(median(alone) * 3 + 5);
  expect(Math.max(...beside)).toBeLessThan(500);
});
