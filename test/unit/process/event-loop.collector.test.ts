import { describe, expect, it } from 'vitest';
import { EventLoopCollector } from '../../../src/process/event-loop.collector.js';

/** A clock, and an event loop that is busy for a share of the time. */
class FakeLoop {
  nowMs = 5000;
  active = 100;
  idle = 300;
  readonly collector = new EventLoopCollector(
    () => this.nowMs,
    () => ({ active: this.active, idle: this.idle, utilization: 0 }),
  );

  pass(seconds: number, busyShare: number): void {
    this.nowMs += seconds * 1000;
    this.active += seconds * 1000 * busyShare;
    this.idle += seconds * 1000 * (1 - busyShare);
  }

  scrape(): number | undefined {
    return this.collector.collect()[0]?.values[0];
  }
}

describe('EventLoopCollector', () => {
  it('reads the utilization since the start before there is an older scrape', () => {
    const loop = new FakeLoop();
    loop.pass(4, 0.5);
    expect(loop.scrape()).toBeCloseTo(0.5);
    loop.pass(4, 1);
    expect(loop.scrape()).toBeCloseTo(0.75);
  });

  it('reads the utilization since the scrape before, if scrapes are further apart than the window', () => {
    const loop = new FakeLoop();
    loop.pass(15, 1);
    loop.scrape();
    loop.pass(15, 0.2);
    expect(loop.scrape()).toBeCloseTo(0.2);
    loop.pass(60, 0.6);
    expect(loop.scrape()).toBeCloseTo(0.6);
  });

  it('gives two scrapers the same number, though one asks right after the other', () => {
    const loop = new FakeLoop();
    for (let round = 0; round < 5; round += 1) {
      loop.pass(14.99, 0.4);
      const first = loop.scrape();
      loop.pass(0.01, 1);
      const second = loop.scrape();
      expect(first).toBeCloseTo(0.4, 2);
      expect(second).toBeCloseTo(0.4, 2);
    }
  });

  it('has a window of ten seconds for a scraper that asks every second, and keeps a bounded number of readings', () => {
    const loop = new FakeLoop();
    for (let second = 0; second < 1000; second += 1) {
      loop.pass(1, second % 2);
      loop.scrape();
    }
    expect(loop.scrape()).toBeCloseTo(0.5);
    for (let request = 0; request < 1000; request += 1) {
      loop.pass(0.001, 1);
      loop.scrape();
    }
    expect((loop.collector as unknown as { readings: unknown[] }).readings.length).toBeLessThanOrEqual(13);
  });

  it('stays between 0 and 1, and is absent while no time has passed', () => {
    const loop = new FakeLoop();
    expect(loop.scrape()).toBeUndefined();
    loop.nowMs += 1000;
    loop.active += 1000;
    loop.idle -= 50;
    expect(loop.scrape()).toBe(1);
  });

  it('reads the real event loop', async () => {
    const collector = new EventLoopCollector();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [snapshot] = collector.collect();
    expect(snapshot?.values[0]).toBeGreaterThanOrEqual(0);
    expect(snapshot?.values[0]).toBeLessThan(1);
  });
});
