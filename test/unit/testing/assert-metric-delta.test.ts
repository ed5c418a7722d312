import { AssertionError } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidValueError } from '../../../src/index.js';
import {
  assertMetricDelta,
  type ExpectedMetricDelta,
  HyperMetricsTestingModule,
  readMetric,
} from '../../../src/testing.js';

function makeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    orders: new Counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'], registers }),
    jobs: new Gauge({ name: 'jobs', help: 'Jobs.', registers }),
    wait: new Histogram({ name: 'wait_seconds', help: 'Waiting.', buckets: [1], registers }),
  };
}

/** The failure of an assertion, which must fail. */
async function failureOf(
  source: Registry,
  expected: ExpectedMetricDelta,
  action: () => unknown = () => {},
): Promise<AssertionError> {
  const outcome: unknown = await assertMetricDelta(source, expected, action).then(
    () => 'no failure',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(AssertionError);
  return outcome as AssertionError;
}

const basic = { name: 'orders_total', labels: { plan: 'basic' } };

describe('assertMetricDelta', () => {
  it('passes when the sample changed by exactly that, and returns what the action returned', async () => {
    const { registry, orders, jobs } = makeMetrics();
    jobs.set(2);

    expect(await assertMetricDelta(registry, { name: 'jobs', by: 1 }, () => jobs.set(3))).toBeUndefined();
    expect(
      await assertMetricDelta(registry, { ...basic, by: 2 }, async () => {
        await delay(1);
        orders.inc(basic.labels, 2);
        return 'placed';
      }),
    ).toBe('placed');
    await assertMetricDelta(registry, { name: 'jobs', by: -1.5 }, () => jobs.dec(1.5));
    await assertMetricDelta(registry, { name: 'jobs', by: 0 }, () => {});
  });

  it('takes sums of fractions for what they were meant to be', async () => {
    const { registry, jobs } = makeMetrics();
    jobs.set(0.2);

    await assertMetricDelta(registry, { name: 'jobs', by: 0.1 }, () => jobs.inc(0.1));
    await assertMetricDelta(registry, { name: 'jobs', by: -0.3 }, () => jobs.set(0));
    expect(
      (await failureOf(registry, { name: 'jobs', by: 0.1 }, () => jobs.inc(0.1000001))).actual,
    ).toBeCloseTo(0.1000001, 9);
  });

  it('waits until the change arrives', async () => {
    const { registry, orders } = makeMetrics();

    await assertMetricDelta(registry, { ...basic, by: 3 }, () => {
      orders.inc(basic.labels);
      setTimeout(() => orders.inc(basic.labels, 2), 50);
    });

    expect(await readMetric(registry, basic.name, basic.labels)).toBe(3);
  });

  it('waits in real time while timers and clocks are faked', async () => {
    const { registry, orders } = makeMetrics();
    vi.useFakeTimers();
    try {
      await assertMetricDelta(registry, { ...basic, by: 1 }, () => {
        void delay(30).then(() => orders.inc(basic.labels));
      });
      expect((await failureOf(registry, { ...basic, by: 1, withinMs: 30 })).actual).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says by how much the sample changed instead, and which samples there are', async () => {
    const { registry, orders } = makeMetrics();
    orders.inc({ plan: 'basic' }, 4);

    const failure = await failureOf(registry, { ...basic, by: 2, withinMs: 20 }, () => {
      orders.inc({ plan: 'basic' });
      orders.inc({ plan: 'pro' });
    });

    expect(failure).toMatchObject({ actual: 1, expected: 2, code: 'ERR_ASSERTION' });
    expect(failure.message).toBe(
      [
        'orders_total{plan="basic"} changed by 1 (from 4 to 5), and not by 2.',
        'Samples of orders_total:',
        '  orders_total{plan="basic"} 5',
        '  orders_total{plan="pro"} 1',
      ].join('\n'),
    );
    expect(failure.stack).toContain('assert-metric-delta.test.ts');
  });

  it.each([
    ['a sample of a histogram', 'wait_seconds_count', { plan: 'basic' }, '  wait_seconds_count 0'],
    ['the histogram itself', 'wait_seconds', {}, '  wait_seconds_bucket{le="1"} 0'],
    ['a metric without samples', 'orders_total', {}, 'orders_total has no samples.'],
    ['an unknown name', 'orders', {}, 'There is no orders. Metrics:\n  jobs\n  orders_total\n  wait_seconds'],
  ])('helps who asked for %s', async (_, name, labels, help) => {
    const { message } = await failureOf(makeMetrics().registry, { name, labels, by: 1, withinMs: 0 });

    expect(message).toContain('changed by 0 (from absent to absent), and not by 1.\n');
    expect(message).toContain(help);
  });

  it('lists twenty samples at most', async () => {
    const { registry, orders } = makeMetrics();
    for (let plan = 0; plan < 23; plan++) {
      orders.inc({ plan });
    }

    const { message } = await failureOf(registry, { ...basic, by: 1, withinMs: 0 });

    expect(message.split('\n').length).toBe(23);
    expect(message).toMatch(/\n {2}orders_total\{plan="19"\} 1\n {2}and 3 more$/);
  });

  it.each([
    [1, 2],
    [-1, -2],
  ])('fails at once when asked for a change by %d, and got %d', async (by, actual) => {
    const { registry, jobs } = makeMetrics();
    const startedAt = performance.now();

    const failure = await failureOf(registry, { name: 'jobs', by, withinMs: 60_000 }, () => jobs.inc(actual));

    expect(failure).toMatchObject({ actual, expected: by });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('gives an unwanted change a moment to arrive, or as long as asked for', async () => {
    const { registry, jobs } = makeMetrics();
    const incrementAfter = (ms: number) => (): void => {
      setTimeout(() => jobs.inc(), ms);
    };

    const early = await failureOf(registry, { name: 'jobs', by: 0 }, () => setImmediate(() => jobs.inc()));
    const late = await failureOf(registry, { name: 'jobs', by: 0, withinMs: 200 }, incrementAfter(80));

    expect([early.actual, late.actual]).toEqual([1, 1]);
    await assertMetricDelta(registry, { name: 'jobs', by: 0, withinMs: 0 }, incrementAfter(80));
  });

  it('passes on what the action throws, as it is', async () => {
    const error = new Error('out of stock');

    const asserting = assertMetricDelta(makeMetrics().registry, { ...basic, by: 1 }, () => {
      throw error;
    });

    await expect(asserting).rejects.toBe(error);
  });

  it.each([[Number.NaN], [Infinity], [undefined], ['1']])('refuses a change by %s', async (by) => {
    const asserting = assertMetricDelta(makeMetrics().registry, { name: 'jobs', by: by as number }, () => {});

    await expect(asserting).rejects.toThrow(InvalidValueError);
    await expect(asserting).rejects.toThrow(`got ${by}`);
  });
});

describe('assertMetricDelta on an application', () => {
  @Controller()
  class BooksController {
    @Get('books')
    list(): string[] {
      return ['Momo'];
    }
  }

  const closings: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closings.splice(0).map((close) => close()));
  });

  it('sees each of many requests that were answered just now', async () => {
    const module = await Test.createTestingModule({
      imports: [HyperMetricsTestingModule.forRoot()],
      controllers: [BooksController],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    closings.push(() => app.close());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const served = { name: 'hyperdjango_http_requests_total', labels: { method: 'GET', status: 200 }, by: 1 };

    for (let request = 0; request < 50; request++) {
      const response = await assertMetricDelta(app, served, () => fetch(`${url}/books`));
      expect(await response.json()).toEqual(['Momo']);
    }
  });
});
