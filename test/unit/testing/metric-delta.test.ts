import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { metricDelta } from '../../../src/testing.js';

function makeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    orders: new Counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'], registers }),
    jobs: new Gauge({ name: 'jobs', help: 'Jobs.', registers }),
  };
}

describe('metricDelta', () => {
  it('is the change of the sample around the action', async () => {
    const { registry, orders } = makeMetrics();
    orders.inc({ plan: 'basic' }, 5);

    const delta = await metricDelta(registry, 'orders_total', { plan: 'basic' }, () => {
      orders.inc({ plan: 'basic' }, 2);
      orders.inc({ plan: 'pro' }, 10);
    });

    expect(delta).toBe(2);
  });

  it('needs no labels, and can be negative', async () => {
    const { registry, jobs } = makeMetrics();
    jobs.set(4);

    expect(await metricDelta(registry, 'jobs', () => jobs.dec(3))).toBe(-3);
    expect(await metricDelta(registry, 'jobs', {}, () => {})).toBe(0);
  });

  it('takes an absent sample for 0, before and after', async () => {
    const { registry, orders } = makeMetrics();
    const labels = { plan: 'basic' };

    expect(await metricDelta(registry, 'orders_total', labels, () => {})).toBe(0);
    expect(await metricDelta(registry, 'orders_total', labels, () => orders.inc(labels, 3))).toBe(3);
    expect(await metricDelta(registry, 'orders_total', labels, () => orders.remove(labels))).toBe(-3);
  });

  it('waits for the action, and a little longer', async () => {
    const { registry, jobs } = makeMetrics();

    const delta = await metricDelta(registry, 'jobs', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      jobs.inc();
      setImmediate(() => jobs.inc());
    });

    expect(delta).toBe(2);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('out of stock'))],
    [
      'rejects with',
      () => {
        throw new Error('out of stock');
      },
    ],
  ])('passes on what the action %s', async (_, action) => {
    await expect(metricDelta(makeMetrics().registry, 'jobs', action)).rejects.toThrow('out of stock');
  });

  it('does not begin when there are no metrics', async () => {
    let began = false;

    const measuring = metricDelta({} as Registry, 'jobs', () => (began = true));

    await expect(measuring).rejects.toThrow('The source of metrics must be');
    expect(began).toBe(false);
  });
});
