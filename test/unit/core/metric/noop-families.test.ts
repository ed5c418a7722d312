import { describe, expect, it } from 'vitest';
import { NoopCounter, NoopGauge, NoopHistogram } from '../../../../src/core/metric/noop-families.js';

const labelNames: readonly string[] = ['queue'];
const buckets = [1, 2];
const noopFamilies = (names: readonly string[]) => ({
  counter: new NoopCounter({ name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: names }),
  gauge: new NoopGauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: names }),
  histogram: new NoopHistogram({
    name: 'wait',
    type: 'histogram',
    help: 'Waiting.',
    labelNames: names,
    buckets,
  }),
});

describe('no-op families', () => {
  it('take every call without labels and stay at 0', () => {
    const { counter, gauge, histogram } = noopFamilies([]);
    counter.inc();
    counter.inc(5);
    gauge.set(5);
    gauge.inc(5);
    gauge.dec(3);
    gauge.setToCurrentTime();
    gauge.startTimer()();
    histogram.observe(5);
    histogram.startTimer()();
    const child = histogram.labels();
    expect([counter.value, gauge.value, child.count, child.sum]).toEqual([0, 0, 0, 0]);
  });

  it('take every call with labels and stay at 0', () => {
    const { counter, gauge, histogram } = noopFamilies(labelNames);
    counter.inc({ queue: 'mail' }, 5);
    counter.labels('mail').inc();
    gauge.set(['mail'], 5);
    gauge.labels({ queue: 'mail' }).inc();
    gauge.labels('mail').dec(7);
    gauge.startTimer({ queue: 'mail' })();
    gauge.labels('mail').setToCurrentTime();
    histogram.observe({ queue: 'mail' }, 5);
    histogram.labels('mail').observe(5);
    histogram.labels('mail').startTimer()();
    histogram.startTimer()({ queue: 'mail' });
    expect(counter.labels('mail').value).toBe(0);
    expect(gauge.labels('mail').value).toBe(0);
    expect(histogram.labels('mail').count).toBe(0);
    expect(histogram.labels('mail').sum).toBe(0);
  });

  it('keep nothing, whatever labels they are given', () => {
    const { counter, gauge, histogram } = noopFamilies(labelNames);
    const child = counter.labels('0');
    for (let index = 0; index < 100; index += 1) {
      expect(counter.labels(String(index))).toBe(child);
      gauge.set([index], index);
      histogram.observe([index], index);
    }
    counter.inc({ unknown: 'label' } as never);
    for (const family of [counter, gauge, histogram]) {
      expect(family.snapshot().labelRows).toEqual([]);
      expect(family.snapshot().values).toHaveLength(0);
    }
  });

  it('have no series without labels either', () => {
    for (const family of Object.values(noopFamilies([]))) {
      expect(family.snapshot().labelRows).toEqual([]);
    }
  });

  it('can be removed from and reset', () => {
    const { counter, gauge, histogram } = noopFamilies(labelNames);
    const child = counter.labels('mail');
    counter.remove('mail');
    counter.reset();
    gauge.remove({ queue: 'mail' });
    gauge.reset();
    histogram.reset();
    child.inc(5);
    expect(child.value).toBe(0);
  });

  it('swallow values that a recording family would refuse: switched off must not throw on the hot path', () => {
    const { counter, gauge, histogram } = noopFamilies([]);
    counter.inc(-1);
    gauge.set('5' as never);
    histogram.observe(Number.NaN);
    expect([counter.value, gauge.value, histogram.labels().count]).toEqual([0, 0, 0]);
  });
});
