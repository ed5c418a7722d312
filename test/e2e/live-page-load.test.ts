import { Controller, Get, Module } from '@nestjs/common';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule } from '../../src/index.js';
import { MAX_VIEWERS } from '../../src/live/live-feed.js';
import { FeedReader } from '../support/feed-reader.js';
import { ask } from '../support/http-client.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

@Controller()
class ShopController {
  @Get('books')
  list(): string {
    return 'books';
  }
}

describe.each(PLATFORMS)('the live page on %s under load', (platform) => {
  let target: RunningApplication;
  let gathers: number;
  const readers: FeedReader[] = [];

  beforeEach(async () => {
    gathers = 0;
    const registry = new Registry();
    const collect = (): void => void (gathers += 1);
    new Gauge({ name: 'gathers', help: 'Counts.', registers: [registry], collect });
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false, endpoint: { page: true } })],
      controllers: [ShopController],
    })
    class ApplicationModule {}
    target = await startApplication(platform, ApplicationModule);
  });

  afterEach(async () => {
    readers.splice(0).forEach((reader) => reader.close());
    await target.close();
  });

  const feed = (): string => `${target.url}/metrics/live/feed`;

  async function connect(): Promise<FeedReader> {
    const reader = await FeedReader.open(feed());
    readers.push(reader);
    return reader;
  }

  it('tells 100 viewers the same, by one gather for all of them', async () => {
    await Promise.all(Array.from({ length: MAX_VIEWERS }, connect));
    await Promise.all(readers.map((reader) => reader.next('state')));
    const before = gathers;
    const statesOf = (reader: FeedReader): number => reader.received('state').length;
    const counts = readers.map(statesOf);
    await vi.waitUntil(() => readers.every((reader, index) => statesOf(reader) >= (counts[index] ?? 0) + 3));
    const states = Math.max(...readers.map((reader, index) => statesOf(reader) - (counts[index] ?? 0)));
    expect(gathers - before).toBeLessThanOrEqual(states + 1);
    const last = readers.map((reader) => reader.received('state').at(2)?.atMs);
    expect(last.every((atMs) => atMs !== undefined)).toBe(true);
    expect((await ask(`${target.url}/books`)).status).toBe(200);

    const refused = await ask(feed());
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(refused.body.toString()).toContain('100 viewers of the live page are connected already');
  });

  it('keeps no viewer that has left, however many come and go', async () => {
    for (let round = 0; round < 6; round += 1) {
      // Some are refused: the service has not heard yet that the ones before have left.
      await Promise.allSettled(Array.from({ length: 70 }, connect));
      readers.splice(0).forEach((reader) => reader.close());
    }
    while (readers.length < MAX_VIEWERS) {
      await vi.waitFor(connect);
    }
    expect((await ask(feed())).status).toBe(503);
  });

  it('serves others beside viewers that do not read', async () => {
    const silent: IncomingMessage[] = [];
    for (let index = 0; index < 30; index += 1) {
      const [response] = (await once(get(feed(), { agent: false }), 'response')) as [IncomingMessage];
      response.on('error', () => {});
      silent.push(response);
    }
    const reader = await connect();
    await vi.waitUntil(() => reader.received('state').length >= 3);
    expect((await ask(`${target.url}/metrics`)).status).toBe(200);
    silent.forEach((response) => response.destroy());
  });

  it('gathers seldom again when the last viewer has left', async () => {
    const reader = await connect();
    await vi.waitUntil(() => reader.received('state').length >= 3);
    reader.close();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = gathers;
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(gathers - before).toBeLessThanOrEqual(1);
  });
});
