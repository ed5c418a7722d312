import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counter } from '../../../../src/core/metric/counter.js';
import { Gauge } from '../../../../src/core/metric/gauge.js';
import { Histogram } from '../../../../src/core/metric/histogram.js';

const base = { name: 'x', help: 'x', labelNames: ['queue'] } as const;

describe('the time at which a series began', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  it.each([
    ['counter', () => new Counter({ ...base, type: 'counter' })],
    ['histogram', () => new Histogram({ ...base, type: 'histogram', buckets: [1] })],
  ])('of a %s is that of its first sample, or when it was last set to 0', (_, create) => {
    const family = create();
    const createdBy = () => {
      const { labelRows, created = [] } = family.snapshot();
      return Object.fromEntries(labelRows.map(([queue], row) => [queue, created[row]]));
    };
    for (const queue of ['a', 'b', 'c', 'd']) {
      family.labels(queue);
      later(10);
    }
    expect(createdBy()).toEqual({ a: 1000, b: 1010, c: 1020, d: 1030 });
    family.remove('b');
    later(10);
    family.labels('e');
    expect(createdBy()).toEqual({ a: 1000, c: 1020, d: 1030, e: 1050 });
    family.reset();
    later(10);
    family.labels('a');
    expect(createdBy()).toEqual({ a: 1060 });
  });

  it('of a family without labels changes with reset()', () => {
    const counter = new Counter({ ...base, type: 'counter', labelNames: [] });
    expect(counter.snapshot().created).toEqual(Float64Array.of(1000));
    later(5);
    counter.reset();
    expect(counter.snapshot().created).toEqual(Float64Array.of(1005));
  });

  it('does not exist for gauges', () => {
    expect(new Gauge({ ...base, type: 'gauge' }).snapshot()).not.toHaveProperty('created');
  });
});
